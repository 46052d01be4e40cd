import { randomUUID } from "node:crypto";
import { deepEquals, type PropertyMap } from "./property-value.ts";
import type { CheckResult, DiffResult, Provider, ReadResult } from "./provider.ts";
import { UNKNOWN_SENTINEL } from "./wire.ts";

/** Manages provider resources (`pulumi:providers:*`) and Kubernetes' own: recorded as they are, no plugin is asked. */
export class ProviderResources implements Provider {
  async check({ news }: { news: PropertyMap }): Promise<CheckResult> {
    return { inputs: news, failures: [] };
  }

  async diff({ oldOutputs, news }: { oldOutputs: PropertyMap; news: PropertyMap }): Promise<DiffResult> {
    const changes = !deepEquals(oldOutputs, news);
    return { changes, replaceKeys: [], changedPaths: [], deleteBeforeReplace: false };
  }

  async create({ inputs, preview }: { inputs: PropertyMap; preview: boolean }): Promise<{
    id: string;
    outputs: PropertyMap;
  }> {
    return { id: preview ? UNKNOWN_SENTINEL : randomUUID(), outputs: inputs };
  }

  async read({
    id,
    inputs,
    state,
  }: {
    id: string;
    inputs: PropertyMap;
    state: PropertyMap;
  }): Promise<ReadResult> {
    return { id, inputs, outputs: state };
  }

  async update({ news }: { news: PropertyMap }): Promise<PropertyMap> {
    return news;
  }

  async delete(): Promise<void> {}
}
