import { createRequire } from "node:module";
import { ProgramFolder } from "../../engine/program-folder.ts";
import type { PropertyMap } from "../../engine/provider-host.ts";
import { ProviderHost } from "../../engine/provider-host.ts";

/** A provider without an engine before it. */
export interface Host {
  pid: number;
  /** Checks and creates, as the engine does it. Gives the outputs. */
  create(kind: string, name: string, inputs: PropertyMap): Promise<PropertyMap>;
  stop(): Promise<void>;
}

/** Pulumi's real provider process. */
export function startHost(onLine: (line: string) => void = () => undefined): Host {
  const folder = new ProgramFolder({ files: { "index.js": "" } }, "measured");
  const host = new ProviderHost({
    programDirectory: folder.directory,
    project: "measured",
    env: process.env,
    onLine,
  });
  return {
    pid: host.pid,
    async create(kind, name, inputs) {
      const { urn, news } = declared(kind, name, inputs);
      const checked = await host.check({ urn, olds: {}, news });
      if (checked.failures.length > 0)
        throw new Error(checked.failures.map(({ reason }) => reason).join("\n"));
      return (await host.create({ urn, inputs: checked.inputs })).outputs;
    },
    async stop() {
      await host.stop();
      folder.dispose();
    },
  };
}

/** A create that failed in part, as Pulumi's provider process is told of it. */
export interface PartlyCreated {
  reasons: string[];
  properties: PropertyMap;
}

/**
 * The same in this process, for creates that fail in part. Their outputs go over the wire in a header: Pulumi's engine
 * takes one of 16 MB, but Node's gRPC none beyond 64 KB.
 */
export async function createInPart(kind: string, name: string, inputs: PropertyMap): Promise<PartlyCreated> {
  const provider = createRequire(import.meta.url)("../../../dist/provider/index.js") as {
    create(kind: string): {
      check(olds: object, news: PropertyMap): Promise<{ inputs: PropertyMap }>;
      create(inputs: PropertyMap): Promise<object>;
    };
  };
  const { check, create } = provider.create(kind);
  const { inputs: checked } = await check({}, declared(kind, name, inputs).news);
  const failure = await create(checked).then(
    () => undefined,
    (error: Error & Partial<PartlyCreated>) => error,
  );
  if (!failure) throw new Error(`${name} was created`);
  const { reasons = [failure.message], properties = {} } = failure;
  return { reasons, properties };
}

function declared(kind: string, name: string, inputs: PropertyMap): { urn: string; news: PropertyMap } {
  const urn = `urn:pulumi:measured::measured::pulumi-nodejs:dynamic/velero:${kind}::${name}`;
  const code = `exports.handler=()=>require("pulumi-velero/provider").create("${kind}");`;
  return { urn, news: { ...inputs, owner: urn, lineage: "00000000000000a1", __provider: code } };
}

/** One backup of a workspace, taken now in all clusters of its reach. */
export const workspaceOver = (reach: PropertyMap): PropertyMap => ({
  clusters: "all",
  reach,
  includedNamespaces: ["default"],
  volumes: "none",
});
