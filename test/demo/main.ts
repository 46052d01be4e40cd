/** `npm run demo`: the stack of the root Pulumi.yaml, from preview to destroy, on a real Kubernetes API, Velero and MinIO. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import buildPackage from "../build-package.ts";
import { findPulumi } from "../engine/find-pulumi.ts";
import { pulumiCli } from "../engine/pulumi-cli.ts";
import { type Operation, Runner } from "../engine/runner.ts";
import type { RunResult } from "../engine/run-result.ts";
import { modulesToBuild } from "../sandbox/build/ensure-binaries.ts";
import { requireGo } from "../sandbox/build/go-version.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { seedNamespace } from "../sandbox/seed-namespace.ts";
import { startSandbox } from "../sandbox/start-sandbox.ts";
import { checkOutcome } from "./check-outcome.ts";
import { deleteNamespace, expectObjects, objectsIn } from "./check-restored.ts";
import { quickstart } from "./quickstart.ts";
import { count, paint, say, sayWrapped, seconds, table } from "./screen.ts";
import { expectSteps, resourceSteps, showRun } from "./show-run.ts";

const NAMESPACE = "shop";
/** Under which it is restored in the other cluster. */
const COPY = "shop-copy";
const RESTORES = 2;
const OBJECTS = 48;

const began = performance.now();
const interruption = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => interruption.abort());
const { signal } = interruption;

const closing: (() => Promise<void>)[] = [];
let current = "what it needs";
try {
  say(await demo());
} catch (error) {
  process.exitCode = signal.aborted ? 130 : 1;
  say();
  if (signal.aborted) say(paint("red", "demo: interrupted"));
  else sayWrapped(`${paint("red", "demo: failed")} (${current}): ${wordsOf(error)}`);
} finally {
  for (const close of closing.toReversed()) await close();
}

async function demo(): Promise<string> {
  say(paint("bold", "pulumi-velero: backups and restores of Kubernetes clusters, declared in Pulumi"));
  sayWrapped(
    "The stack in examples/quickstart runs on servers of its own on this machine: " +
      "a Kubernetes API, Velero and MinIO, all real, by Pulumi's CLI. Nothing else is touched.",
  );
  say();
  await announceBuild();

  await step("Build the package", () => Promise.resolve(buildPackage()));
  const sandbox = await step("Start the servers", async () => {
    const started = await startSandbox({ clusters: ["east", "dr"], signal });
    closing.push(() => started.stop());
    await sayServers(started);
    return started;
  });
  const [east, dr] = [sandbox.cluster("east"), sandbox.cluster("dr")];
  const bucket = await step(`Seed namespace "${NAMESPACE}"`, async () => {
    await seedNamespace(east, NAMESPACE, { objects: OBJECTS });
    say(`    ${OBJECTS} ConfigMaps, Secrets, Deployments and Services`);
    return sandbox.minio.createBucket("demo");
  });

  const stack = new Runner({
    program: quickstart(),
    config: {
      bucket,
      minioEndpoint: sandbox.minio.endpoint,
      minioAccessKey: { secret: sandbox.minio.accessKey },
      minioSecretKey: { secret: sandbox.minio.secretKey },
      eastKubeconfig: { secret: east.kubeconfig },
      drKubeconfig: { secret: dr.kubeconfig },
    },
  });
  closing.push(() => stack.dispose());

  const preview = await pulumiStep("Preview: what would change?", stack, "preview");
  const resources = resourceSteps(preview).length;
  expectSteps(preview, { create: resources });

  const up = await pulumiStep("Up: make it true, and wait for the backup", stack, "up");
  expectSteps(up, { create: resources });
  say(
    table(
      Object.entries(up.outputs).map(([name, value]) => [name, "=", String(value)]),
      "    ",
    ),
  );

  const again = await pulumiStep("Up again: nothing is left to do", stack, "up");
  expectSteps(again, { same: resources });

  const seeded = await objectsIn(east, NAMESPACE);
  await step(`Disaster: namespace "${NAMESPACE}" is deleted`, async () => {
    await deleteNamespace(east, NAMESPACE);
    await stack.setConfig("restore", "true");
    say("    and the stack is told so: pulumi config set restore true");
  });

  const planned = await pulumiStep("Preview: what would be restored?", stack, "preview");
  expectSteps(planned, { same: resources, create: RESTORES });

  const restored = await pulumiStep("Up: bring it back, and once more under another name", stack, "up");
  expectSteps(restored, { same: resources, create: RESTORES });
  await step("Look into both clusters, by the Kubernetes API", async () => {
    expectObjects(await objectsIn(east, NAMESPACE), seeded, `namespace "${NAMESPACE}" of cluster east`);
    expectObjects(await objectsIn(dr, COPY), seeded, `namespace "${COPY}" of cluster dr`);
  });

  const destroy = await pulumiStep("Destroy: the clusters are clean again, the data stays", stack, "destroy");
  expectSteps(destroy, { delete: resources + RESTORES });

  const found = await step("Look into the bucket, by MinIO's own client", () =>
    checkOutcome(sandbox, {
      bucket,
      backup: String(up.outputs["backup"]),
      namespace: NAMESPACE,
      seeded: OBJECTS,
    }),
  );

  const figures = [
    seconds(performance.now() - began),
    count(resources, "resource"),
    `${count(found.objects, "object")} backed up`,
    `${count(found.bytes, "byte")} in the bucket`,
  ];
  return `\n${paint(["bold", "green"], "demo: ok")} (${figures.join(", ")})`;
}

/** Said before anything else: the first time takes long, and without Go it does not work at all. */
async function announceBuild(): Promise<void> {
  const modules = await modulesToBuild();
  if (modules.length === 0) return;
  await requireGo();
  sayWrapped(
    `First run: builds from pinned Go modules, once: ${modules.map(({ title }) => title).join(", ")}. ` +
      "All of them take about fifteen minutes on two cores, and are kept in a cache outside of this folder.\n",
  );
}

async function sayServers({ clusters, minio }: Sandbox): Promise<void> {
  const rows = Object.values(clusters).map(({ name, server }) => [`cluster ${name}`, server, "with Velero"]);
  const cli = await pulumiCli();
  const origin = findPulumi() === undefined ? "built here" : "found on PATH";
  const { stdout } = await promisify(execFile)(cli, ["version"]);
  say(
    table([...rows, ["MinIO", minio.endpoint], ["Pulumi CLI", cli, `${stdout.trim()}, ${origin}`]], "    "),
  );
}

async function pulumiStep(title: string, stack: Runner, operation: Operation): Promise<RunResult> {
  return step(title, async () => {
    const run = stack.start(operation);
    const interrupt = () => run.interrupt();
    signal.addEventListener("abort", interrupt, { once: true });
    const result = await run.result.finally(() => signal.removeEventListener("abort", interrupt));
    signal.throwIfAborted();
    showRun(result, operation);
    return result;
  });
}

async function step<T>(title: string, work: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  current = title;
  say(`\n${paint("cyan", ">")} ${paint("bold", title)}`);
  const since = performance.now();
  const result = await work();
  say(paint("dim", `    ${seconds(performance.now() - since)}`));
  return result;
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
