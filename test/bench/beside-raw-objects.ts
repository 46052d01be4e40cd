import { existsSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { ProgramFolder } from "../engine/program-folder.ts";
import type { RunResult } from "../engine/run-result.ts";
import { Runner } from "../engine/runner.ts";
import { builtKubernetesPlugin } from "../sandbox/build/ensure-binaries.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { startSandbox } from "../sandbox/start-sandbox.ts";
import { round, type Statistics, statisticsOf } from "./statistics.ts";

/** A ClusterBackup with a schedule, a Schedule of `@pulumi/kubernetes`, and a dynamic resource that does nothing. */
type Kind = "ours" | "raw" | "trivial";
type Operation = "create" | "preview" | "refresh";

interface Figure {
  wall: Statistics;
  /** CPU time of the program's process. A refresh runs no program. */
  programCpu?: Statistics;
  /** CPU time of the provider's process, where it is one of Node. */
  providerCpu?: Statistics;
}

type Measure = keyof Figure;
type Sample = Partial<Record<Measure, number>>;
type Ratios = Record<Operation, Partial<Record<Measure, number>>>;

interface BesideRawObjects {
  resources: number;
  figures: Partial<Record<Kind, Record<Operation, Figure>>>;
  /** Medians of ours over those of the other kind. */
  ratios: Partial<Record<Exclude<Kind, "ours">, Ratios>>;
  method: string;
}

const OPERATIONS: Operation[] = ["create", "preview", "refresh"];
const MEASURES: Measure[] = ["wall", "programCpu", "providerCpu"];

/** Velero takes no backup while this runs. */
const EVERY_DAY = `0 ${(new Date().getUTCHours() + 12) % 24} * * *`;

const programs: Record<Kind, (count: number) => string> = {
  ours: (count) => `
import * as velero from "pulumi-velero";
const location = new velero.BackupLocation("primary", {
  storage: {
    minio: {
      bucket: process.env.BUCKET!,
      endpoint: process.env.MINIO_ENDPOINT!,
      credentials: { static: { accessKeyId: { env: "MINIO_ACCESS_KEY" }, secretAccessKey: { env: "MINIO_SECRET_KEY" } } },
    },
  },
  clusters: { east: { kubeconfig: { env: "EAST_KUBECONFIG" } } },
});
for (let number = 0; number < ${count}; number++)
  new velero.ClusterBackup("ours-" + number, {
    location,
    cluster: "east",
    schedule: "${EVERY_DAY}",
    includedNamespaces: ["default"],
    ttl: "720h",
  });
`,
  raw: (count) => `
import * as k8s from "@pulumi/kubernetes";
const provider = new k8s.Provider("east", { kubeconfig: process.env.EAST_KUBECONFIG });
for (let number = 0; number < ${count}; number++)
  new k8s.apiextensions.CustomResource("raw-" + number, {
    apiVersion: "velero.io/v1",
    kind: "Schedule",
    metadata: { namespace: "velero", name: "raw-" + number },
    spec: { schedule: "${EVERY_DAY}", template: { includedNamespaces: ["default"], ttl: "720h" } },
  }, { provider });
`,
  trivial: (count) => `
import * as pulumi from "@pulumi/pulumi";
const nothing: pulumi.dynamic.ResourceProvider = {
  create: async (inputs) => ({ id: inputs.name, outs: inputs }),
  read: async (id, props) => ({ id, props }),
};
class Trivial extends pulumi.dynamic.Resource {
  constructor(name: string, props: pulumi.Inputs) {
    super(nothing, name, props);
  }
}
for (let number = 0; number < ${count}; number++)
  new Trivial("trivial-" + number, {
    name: "trivial-" + number,
    cluster: "east",
    schedule: "${EVERY_DAY}",
    includedNamespaces: ["default"],
    ttl: "720h",
  });
`,
};

const settings = {
  "tsconfig.json": JSON.stringify({
    compilerOptions: { module: "commonjs", moduleResolution: "bundler", types: ["node"] },
  }),
  // Loaded into each process of Node. The engine kills the provider's, which therefore writes again and again.
  "cpu.cjs": `
const [, kind] = /pulumi\\/cmd\\/(run|dynamic-provider)/.exec(process.argv[1] ?? "") ?? [];
function write() {
  const { user, system } = process.cpuUsage();
  require("node:fs").writeFileSync(process.env.CPU_FILE + kind, String((user + system) / 1_000));
}
if (kind === "run") process.on("exit", write);
if (kind === "dynamic-provider") setInterval(write, 50).unref();
`,
};

const CPU_FILES = { programCpu: "run", providerCpu: "dynamic-provider" } as const;

/** Many schedules of ours against as many of the same objects, and of resources that do nothing, by the real CLI. */
export async function measureBesideRawObjects(
  resources: number,
  rounds: number,
  progress: (line: string) => void,
): Promise<BesideRawObjects> {
  const hasPlugin = (await builtKubernetesPlugin()) !== undefined;
  const kinds: Kind[] = ["ours", ...(hasPlugin ? (["raw"] as const) : []), "trivial"];
  const sandbox = await startSandbox({ clusters: ["east"] });
  const samples: { kind: Kind; operation: Operation; sample: Sample }[] = [];
  try {
    for (let number = 1; number <= rounds; number++) {
      const stacks = await Promise.all(kinds.map((kind) => stackOf(sandbox, kind, resources, number)));
      try {
        // Side by side in each round: the machine may be slower in the next one.
        for (const operation of OPERATIONS)
          for (const { kind, measure } of stacks) {
            const sample = await measure(operation);
            samples.push({ kind, operation, sample });
            progress(
              `beside raw objects: round ${number} of ${rounds}: ${kind} ${operation}: ${JSON.stringify(sample)}`,
            );
          }
      } finally {
        for (const stack of stacks) await stack.dispose();
      }
    }
  } finally {
    await sandbox.stop();
  }

  const figureOf = (kind: Kind, operation: Operation): Figure => {
    const these = samples.filter((each) => each.kind === kind && each.operation === operation);
    const measured = MEASURES.map((measure) => {
      const values = these.flatMap(({ sample }) => sample[measure] ?? []);
      return values.length > 0 && ([measure, statisticsOf(values)] as const);
    });
    return Object.fromEntries(measured.filter((each) => each !== false)) as unknown as Figure;
  };
  const ratiosTo = (kind: Kind, operation: Operation) => {
    const [ours, other] = [figureOf("ours", operation), figureOf(kind, operation)];
    const both = MEASURES.filter((measure) => ours[measure] && other[measure]);
    return Object.fromEntries(
      both.map((measure) => [
        measure,
        round((ours[measure]?.median ?? Number.NaN) / (other[measure]?.median ?? Number.NaN)),
      ]),
    );
  };
  const byOperation = <T>(valueOf: (operation: Operation) => T) =>
    Object.fromEntries(OPERATIONS.map((operation) => [operation, valueOf(operation)])) as Record<
      Operation,
      T
    >;
  const others = kinds.filter((kind) => kind !== "ours");
  return {
    resources,
    figures: Object.fromEntries(
      kinds.map((kind) => [kind, byOperation((operation) => figureOf(kind, operation))]),
    ),
    ratios: Object.fromEntries(
      others.map((kind) => [kind, byOperation((operation) => ratiosTo(kind, operation))]),
    ),
    method:
      `up, preview and refresh of programs in TypeScript, as the CLI runs them, in turn, ${rounds} rounds, each with new stacks; ` +
      "ours needs a BackupLocation, too; wall clock of the whole run, and CPU time of the processes of Node",
  };
}

interface BenchStack {
  kind: Kind;
  measure: (operation: Operation) => Promise<Sample>;
  dispose(): Promise<void>;
}

async function stackOf(sandbox: Sandbox, kind: Kind, count: number, number: number): Promise<BenchStack> {
  const files = { "index.ts": programs[kind](count), ...settings };
  const folder = new ProgramFolder({ files }, `bench-${kind}`);
  const cpuFile = path.join(folder.directory, "cpu-of-");
  const bucket = await sandbox.minio.createBucket("bench");
  // As installed: with all that Pulumi loads and maps, which tests leave out.
  const runner = new Runner({
    program: { installed: folder.directory },
    stack: `round-${number}`,
    env: {
      BUCKET: bucket,
      MINIO_ENDPOINT: sandbox.minio.endpoint,
      MINIO_ACCESS_KEY: sandbox.minio.accessKey,
      MINIO_SECRET_KEY: sandbox.minio.secretKey,
      EAST_KUBECONFIG: sandbox.cluster("east").kubeconfig,
      NODE_OPTIONS: `--require=${path.join(folder.directory, "cpu.cjs")}`,
      CPU_FILE: cpuFile,
    },
  });
  const run: Record<Operation, () => Promise<RunResult>> = {
    create: () => runner.up(),
    preview: () => runner.preview({ expectNoChanges: true }),
    refresh: () => runner.refresh({ expectNoChanges: true }),
  };
  return {
    kind,
    async measure(operation) {
      for (const process of Object.values(CPU_FILES)) rmSync(cpuFile + process, { force: true });
      const { ok, text, durationMs } = await run[operation]();
      if (!ok) throw new Error(text);
      const cpu = Object.entries(CPU_FILES).map(([measure, process]) => {
        const file = cpuFile + process;
        return existsSync(file) && [measure, Math.round(Number(readFileSync(file, "utf8")))];
      });
      const sample: Sample = Object.fromEntries(cpu.filter((each) => each !== false));
      return { ...sample, wall: Math.round(durationMs) };
    },
    async dispose() {
      const { ok, text } = await runner.destroy();
      if (!ok) throw new Error(text);
      await runner.dispose();
      folder.dispose();
    },
  };
}
