import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "rolldown";
import { clientNodeBundle } from "./client-node-bundle.ts";

/** Programs in tests run what is published: `dist`, made anew from the sources as they are. */
export default async function buildPackage(): Promise<void> {
  const repository = fileURLToPath(new URL("..", import.meta.url));
  const tsc = fileURLToPath(new URL("../node_modules/typescript/bin/tsc", import.meta.url));
  execFileSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], { cwd: repository, stdio: "inherit" });
  if (existsSync(clientNodeBundle)) return;
  const entry = "what-the-provider-uses";
  await build({
    input: entry,
    platform: "node",
    output: { file: clientNodeBundle, format: "esm" },
    logLevel: "warn",
    plugins: [
      {
        name: entry,
        resolveId: (id) =>
          id === entry
            ? fileURLToPath(new URL(`../provider/kubernetes/${entry}.js`, import.meta.url))
            : undefined,
        load: (id) =>
          id.includes(entry)
            ? 'export { HttpMethod, KubeConfig, RequestContext, Watch } from "@kubernetes/client-node";'
            : undefined,
      },
    ],
  });
}
