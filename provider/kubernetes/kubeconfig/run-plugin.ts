import { spawn } from "node:child_process";
import { stripVTControlCharacters } from "node:util";
import type { Secrets } from "../../core/secrets.ts";
import { shortHash, isRecord } from "../../core/values.ts";
import { type ClusterEntry, EXEC_VERSIONS, type ExecEntry } from "./judge-kubeconfig.ts";

/** The credentials of an exec plugin. */
interface PluginCredentials {
  token?: string;
  certificate?: { cert: string; key: string };
  /** The expiration in milliseconds since 1970. Without it, the credentials are used until a server refuses them. */
  expires?: number;
}

/** The cluster as a plugin gets it (client.authentication.k8s.io/v1, ExecCredentialSpec.cluster). */
export type PluginCluster = Omit<ClusterEntry, "extensions" | "certificate-authority"> & { config?: unknown };

/** A plugin that calls a cloud takes seconds. A plugin that takes this long waits for a person. */
const PLUGIN_MS = 60_000;

/**
 * After a plugin has ended, its output may still arrive. A process that it left behind may keep the pipe open forever.
 */
const DRAIN_MS = 500;

/** This is more than any credential has. */
const MOST_OUTPUT = 1024 * 1024;
const MOST_SAID = 2_000;

/**
 * Runs a credential plugin once, by the protocol of client-go (v0.33 plugin/pkg/client/auth/exec/exec.go). Standard
 * input is closed. Its process group is killed when it has ended or its time is over. A failure has the text that the
 * plugin wrote to stderr.
 */
export async function runPlugin(
  secrets: Secrets,
  exec: ExecEntry,
  cluster: PluginCluster | undefined,
  limitMs = PLUGIN_MS,
): Promise<PluginCredentials> {
  const { command, args, env, apiVersion } = exec;
  for (const value of secretsOf(exec)) secrets.learn(value);
  const info = {
    apiVersion,
    kind: "ExecCredential",
    spec: { ...(exec.provideClusterInfo && cluster ? { cluster } : {}), interactive: false },
  };
  const { code, signal, stdout, stderr, isLate } = await runToEnd(command, args ?? [], limitMs, {
    ...process.env,
    ...Object.fromEntries((env ?? []).map(({ name, value }) => [name, value ?? ""])),
    KUBERNETES_EXEC_INFO: JSON.stringify(info),
  }).catch((error: NodeJS.ErrnoException) => {
    const hint = exec.installHint ? `. ${clean(exec.installHint)}` : "";
    throw new Error(
      error.code === "ENOENT"
        ? `the exec plugin ${command} is not found where Pulumi runs${hint}`
        : `the exec plugin ${command} cannot be run (${error.message})${hint}`,
    );
  });
  // A failed plugin may have printed secrets nevertheless.
  for (const [, value = ""] of stdout.matchAll(/"(?:token|clientKeyData)"\s*:\s*"([^"]+)"/g))
    secrets.learn(value);
  const said = clean(stderr);
  const wrote = said === "" ? "it wrote nothing to stderr" : `it wrote to stderr: ${said}`;
  if (isLate) {
    throw new Error(
      `the exec plugin ${command} has not ended within ${limitMs / 1000} s and was stopped: it seems to wait for somebody, and nobody can answer it here; ${wrote}`,
    );
  }
  if (code !== 0) {
    throw new Error(
      `the exec plugin ${command} ended with ${code === null ? signal : `exit code ${code}`}; ${wrote}`,
    );
  }
  const credentials = credentialsIn(secrets, stdout, apiVersion);
  if (typeof credentials === "string") throw new Error(`the exec plugin ${command} ${credentials}; ${wrote}`);
  return credentials;
}

interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  isLate: boolean;
}

function runToEnd(command: string, args: string[], limitMs: number, env: NodeJS.ProcessEnv): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const isWindows = process.platform === "win32";
    // As the leader of its own process group, it can be killed with all of its children, and has no terminal to ask at.
    const plugin = spawn(command, args, {
      env,
      stdio: ["ignore", "pipe", "pipe"],
      detached: !isWindows,
      windowsHide: true,
    });
    const kill = () => {
      if (plugin.pid === undefined) return;
      try {
        if (isWindows) plugin.kill("SIGKILL");
        else process.kill(-plugin.pid, "SIGKILL");
      } catch {
        // The process group has ended already.
      }
    };
    const ended: Ended = { code: null, signal: null, stdout: "", stderr: "", isLate: false };
    plugin.stdout.setEncoding("utf8").on("data", (text: string) => {
      if (ended.stdout.length < MOST_OUTPUT) ended.stdout += text;
    });
    plugin.stderr.setEncoding("utf8").on("data", (text: string) => {
      ended.stderr = (ended.stderr + text).slice(-MOST_OUTPUT);
    });
    const timer = setTimeout(() => {
      ended.isLate = true;
      kill();
    }, limitMs);
    // The plugin is not in the process group that a terminal interrupts.
    process.once("exit", kill);
    const finish = (settle: () => void) => {
      clearTimeout(timer);
      process.off("exit", kill);
      plugin.stdout.destroy();
      plugin.stderr.destroy();
      settle();
    };
    plugin.once("error", (error) => finish(() => reject(error)));
    plugin.once("exit", (code, signal) => {
      Object.assign(ended, { code, signal });
      clearTimeout(timer);
      const drained = setTimeout(() => {
        kill();
        finish(() => resolve(ended));
      }, DRAIN_MS);
      plugin.once("close", () => {
        clearTimeout(drained);
        kill();
        finish(() => resolve(ended));
      });
    });
  });
}

/** Returns the credentials in a plugin's output, or what is wrong with it. The message never quotes the output. */
function credentialsIn(secrets: Secrets, stdout: string, apiVersion: string): PluginCredentials | string {
  let answer: unknown;
  try {
    answer = JSON.parse(stdout);
  } catch {
    return stdout.trim() === "" ? "printed nothing" : "printed something else than JSON to stdout";
  }
  if (!isRecord(answer) || answer["kind"] !== "ExecCredential") return "printed no ExecCredential";
  if (answer["apiVersion"] !== apiVersion) {
    const given = EXEC_VERSIONS.find((version) => version === answer["apiVersion"]) ?? "another version";
    return `answers in ${given}, and the kubeconfig asks for ${apiVersion}`;
  }
  const status = answer["status"];
  if (!isRecord(status)) return "printed an ExecCredential without a status";
  const { token, clientCertificateData: cert, clientKeyData: key, expirationTimestamp } = status;
  for (const secret of [token, key]) if (typeof secret === "string") secrets.learn(secret);
  const has = (value: unknown): value is string => typeof value === "string" && value !== "";
  if (has(cert) !== has(key)) return "gave only one of certificate and key";
  if (!has(token) && !has(cert)) return "gave neither a token nor a certificate";
  const expires = has(expirationTimestamp) ? Date.parse(expirationTimestamp) : undefined;
  if (Number.isNaN(expires)) return "gave an expirationTimestamp that is no time";
  return {
    ...(has(token) ? { token } : {}),
    ...(has(cert) && has(key) ? { certificate: { cert, key } } : {}),
    ...(expires === undefined ? {} : { expires }),
  };
}

/** Returns the values whose names show that they are secret. Values of other variables are ordinary words. */
function secretsOf({ env, args }: ExecEntry): string[] {
  const secret = /secret|token|passw|credential|assertion|private|(?:^|[-_])key$|_KEY\b/i;
  const ofEnv = (env ?? []).filter(({ name }) => secret.test(name)).map(({ value }) => value ?? "");
  const ofArgs = (args ?? []).flatMap((arg, index, all) => {
    const [, name = "", value] = /^--?([\w-]+)(?:=(.*))?$/s.exec(arg) ?? [];
    return secret.test(name) ? [value ?? all[index + 1] ?? ""] : [];
  });
  return [...ofEnv, ...ofArgs];
}

/**
 * Cleans a plugin's output for a message: its end, without control sequences, and without anything that looks like a
 * token.
 */
function clean(words: string): string {
  return stripVTControlCharacters(words)
    .replace(/\p{Cc}+/gu, " ")
    .replace(/\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)*/g, "[secret]")
    .replace(/\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi, "$1 [secret]")
    .replace(
      /((?:token|secret|password|assertion|api_?key)["']?\s*[=:]\s*["']?)[^\s"',;&]{6,}/gi,
      "$1[secret]",
    )
    .trim()
    .slice(-MOST_SAID);
}

/** The credentials of the exec plugins of a session. All clusters and requests share them. */
export class Plugins {
  /** The credentials of each plugin, or the running plugin, by everything that it runs with. */
  readonly #given = new Map<string, Promise<PluginCredentials>>();
  readonly #secrets: Secrets;

  constructor(secrets: Secrets) {
    this.#secrets = secrets;
  }

  /** The plugin runs once, and again when its credentials have expired. A failure is not cached. */
  async credentials(exec: ExecEntry, cluster: PluginCluster | undefined): Promise<PluginCredentials> {
    const key = keyOf(exec, cluster);
    const known = this.#given.get(key);
    if (known) {
      const credentials = await known;
      if (credentials.expires === undefined || credentials.expires > Date.now()) return credentials;
      this.#forget(key, known);
      return this.credentials(exec, cluster);
    }
    const running = runPlugin(this.#secrets, exec, cluster);
    this.#given.set(key, running);
    running.catch(() => this.#forget(key, running));
    return running;
  }

  /** Forgets credentials that a server has refused: the next request runs the plugin again, unless another one has. */
  async discard(
    exec: ExecEntry,
    cluster: PluginCluster | undefined,
    refused: PluginCredentials,
  ): Promise<void> {
    const key = keyOf(exec, cluster);
    const known = this.#given.get(key);
    if (known && (await known.catch(() => undefined)) === refused) this.#forget(key, known);
  }

  #forget(key: string, known: Promise<PluginCredentials>): void {
    if (this.#given.get(key) === known) this.#given.delete(key);
  }
}

const keyOf = (exec: ExecEntry, cluster: PluginCluster | undefined): string =>
  shortHash(32, exec, exec.provideClusterInfo ? cluster : undefined);
