import type { PropertyMap } from "../../engine/provider-host.ts";
import { ProviderHost, type ProviderHostOptions } from "../../engine/provider-host.ts";

/** What the process that a test kills is told, by its only argument. */
export interface EngineToKill extends Pick<ProviderHostOptions, "programDirectory" | "by" | "stdin"> {
  urn: string;
  inputs: PropertyMap;
}

// An engine that has one resource created, and does nothing else until it is killed.
const { urn, inputs, ...options } = JSON.parse(process.argv[2] ?? "") as EngineToKill;
const host = new ProviderHost({
  ...options,
  project: "contract",
  env: process.env,
  onLine: (line) => console.log(line),
});
const request = { urn };
const { inputs: checked } = await host.check({ ...request, olds: {}, news: inputs });
await host.create({ ...request, inputs: checked });
