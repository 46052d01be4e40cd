import { Runner } from "../../engine/runner.ts";
import type { Sandbox } from "../../sandbox/sandbox.ts";
import { uniqueName } from "../../sandbox/unique-name.ts";
import { environmentOf, messagesOf, programIn } from "../stack.ts";

/** Another stack, whose location writes below `theirs/east/` of a bucket. */
export async function startTheirs(sandbox: Sandbox): Promise<{ bucket: string; stop: () => Promise<void> }> {
  const bucket = await sandbox.minio.createBucket("claimed");
  const program = `
    storage.minio.prefix = "theirs";
    new velero.BackupLocation("their-location", { storage, clusters: { east } });`;
  const runner = new Runner({
    stack: uniqueName("theirs"),
    program: { files: { "index.js": programIn(program) } },
    env: await environmentOf(sandbox, bucket),
  });
  const up = await runner.up();
  if (!up.ok) throw new Error(messagesOf(up));
  return {
    bucket,
    async stop() {
      await runner.destroy();
      await runner.dispose();
    },
  };
}
