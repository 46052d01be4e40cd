import { createRequire } from "node:module";
import path from "node:path";
import { type LineListener, NodeProcess } from "./child-process.ts";

export interface ProgramOptions {
  directory: string;
  /** What to run in the directory: `.` or the `main` of Pulumi.yaml. */
  entryPoint: string;
  typescript: boolean;
  project: string;
  stack: string;
  preview: boolean;
  parallel: number;
  address: string;
  config: Record<string, string>;
  secretConfigKeys: string[];
  env: NodeJS.ProcessEnv;
  node?: string | undefined;
  onLine: LineListener;
}

/** The program said on its own what went wrong (sdk/nodejs/cmd/run/index.ts). */
export const EXIT_AFTER_LOGGING = 32;

/** Runs a program with the SDK's own runner, as the CLI's language host for Node does. */
export function runProgram(options: ProgramOptions): NodeProcess {
  const require = createRequire(path.join(options.directory, "index.js"));
  const args = [
    require.resolve("@pulumi/pulumi/cmd/run"),
    ...["--monitor", options.address, "--engine", options.address],
    ...["--organization", "organization", "--project", options.project, "--stack", options.stack],
    ...["--root-directory", options.directory, "--pwd", options.directory],
    ...(options.preview ? ["--dry-run"] : []),
    ...["--parallel", String(options.parallel)],
    options.entryPoint,
  ];
  // The names that the SDK has known longest: `<namespace>:config:<name>`.
  const config = Object.entries(options.config).map(([key, value]) => [key.replace(":", ":config:"), value]);
  const env = {
    ...options.env,
    PULUMI_NODEJS_TYPESCRIPT: String(options.typescript),
    PULUMI_CONFIG: JSON.stringify(Object.fromEntries(config)),
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(options.secretConfigKeys),
  };
  return new NodeProcess(args, { cwd: options.directory, env, node: options.node }, options.onLine);
}
