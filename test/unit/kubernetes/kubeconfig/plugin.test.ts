import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { credentialsOf } from "../../../../provider/kubernetes/kubeconfig/open-access.ts";
import type { ClusterEntry, ExecEntry } from "../../../../provider/kubernetes/kubeconfig/judge-kubeconfig.ts";
import { Plugins, runPlugin } from "../../../../provider/kubernetes/kubeconfig/run-plugin.ts";
import { Secrets } from "../../../../provider/core/secrets.ts";

const apiVersion = "client.authentication.k8s.io/v1";
const server = "https://127.0.0.1:6443";

let secrets: Secrets;
let plugins: Plugins;
beforeEach(() => {
  secrets = new Secrets();
  plugins = new Plugins(secrets);
});
const sourceOf = (chosen: Parameters<typeof credentialsOf>[1]) => credentialsOf({ secrets, plugins }, chosen);

function scratch(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "plugin-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A plugin that is a shell script. */
const script = (text: string, more: Partial<ExecEntry> = {}): ExecEntry => ({
  apiVersion,
  command: "sh",
  args: ["-c", text],
  interactiveMode: "Never",
  ...more,
});

const giving = (status: object, version = apiVersion): string =>
  `echo '${JSON.stringify({ apiVersion: version, kind: "ExecCredential", status })}'`;

const failureOf = (exec: ExecEntry, limitMs?: number): Promise<string> =>
  runPlugin(secrets, exec, undefined, limitMs).then(
    () => expect.fail("gave credentials"),
    (error: Error) => secrets.redact(error.message),
  );

const isAlive = (pid: number): boolean => {
  try {
    // A zombie that nobody has waited for yet is dead.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
};

test("gives a token, or a certificate, with its end", async () => {
  expect(await runPlugin(secrets, script(giving({ token: "token-1" })), undefined)).toEqual({
    token: "token-1",
  });
  const status = {
    clientCertificateData: "C",
    clientKeyData: "K",
    expirationTimestamp: "2030-01-01T00:00:00Z",
  };
  expect(await runPlugin(secrets, script(giving(status)), undefined)).toEqual({
    certificate: { cert: "C", key: "K" },
    expires: Date.parse("2030-01-01T00:00:00Z"),
  });
});

test("one that waits for somebody is ended in time, with what it wrote, and nothing of it is left running", async () => {
  const folder = scratch();
  const text = `
    sleep 300 & echo $! > ${folder}/child
    echo $$ > ${folder}/own
    echo 'To sign in, open https://example.com/device and enter the code ABCD-EFGH.' >&2
    sleep 300`;
  const since = Date.now();
  const message = await failureOf(script(text), 1_500);
  expect(Date.now() - since).toBeLessThan(10_000);
  expect(message).toContain("has not ended within 1.5 s and was stopped");
  expect(message).toContain("open https://example.com/device and enter the code ABCD-EFGH.");
  const pids = ["own", "child"].map((name) => Number(readFileSync(path.join(folder, name), "utf8")));
  for (const pid of pids) {
    expect(pid).toBeGreaterThan(1);
    await vi.waitFor(() => expect(isAlive(pid), `process ${pid}`).toBe(false));
  }
});

test("what asks for input reads its end at once", async () => {
  const asking = `read -r answer || { echo 'no input' >&2; exit 3; }`;
  expect(await failureOf(script(asking))).toContain("ended with exit code 3; it wrote to stderr: no input");
});

test("what it leaves behind does not hold the answer up, and is ended", async () => {
  const folder = scratch();
  const text = `sleep 300 & echo $! > ${folder}/child; ${giving({ token: "token-2" })}`;
  const since = Date.now();
  expect(await runPlugin(secrets, script(text), undefined)).toEqual({ token: "token-2" });
  expect(Date.now() - since).toBeLessThan(20_000);
  const pid = Number(readFileSync(path.join(folder, "child"), "utf8"));
  await vi.waitFor(() => expect(isAlive(pid)).toBe(false));
});

test.each<[string, string, string]>([
  ["nothing", "true", "printed nothing"],
  ["no JSON", "echo canary-of-stdout", "printed something else than JSON"],
  ["no status", `echo '{"apiVersion":"${apiVersion}","kind":"ExecCredential"}'`, "without a status"],
  [
    "no credential",
    giving({ expirationTimestamp: "2030-01-01T00:00:00Z" }),
    "neither a token nor a certificate",
  ],
  ["half a pair", giving({ clientCertificateData: "canary-of-stdout" }), "only one of certificate and key"],
  [
    "another version",
    giving({ token: "canary-of-stdout" }, `${apiVersion}beta1`),
    `answers in ${apiVersion}beta1`,
  ],
])("%s is told as such, and never what it printed", async (_what, text, words) => {
  const message = await failureOf(script(text));
  expect(message).toContain(words);
  expect(message).not.toContain("canary");
});

test("one that is not there is told with its hint", async () => {
  const message = await failureOf({
    ...script(""),
    command: "no-such-plugin",
    installHint: "brew install \u001B[1mit",
  });
  expect(message).toBe("the exec plugin no-such-plugin is not found where Pulumi runs. brew install it");
});

test("what it writes is cleaned: of its own secrets, of what it gave, and of what looks like a token", async () => {
  const text = `
    ${giving({ token: "canary-given" })}
    echo "secret is $AWS_SECRET_ACCESS_KEY and $2" >&2
    echo 'Authorization: Bearer canary-bearer-123' >&2
    echo 'refresh_token=canary-refresh-123 eyJhbGciOiJub25lIn0.eyJjYW5hcnkiOjF9.canary got canary-given' >&2
    exit 1`;
  const exec = script(text, {
    args: ["-c", text, "plugin", "--client-secret", "canary-of-args"],
    env: [{ name: "AWS_SECRET_ACCESS_KEY", value: "canary-of-env" }],
  });
  const message = await failureOf(exec);
  expect(message).toContain("secret is [secret] and [secret]");
  expect(message).not.toContain("canary");
});

test("is told of the cluster where it wants to know, and that nobody answers", async () => {
  const folder = scratch();
  const tell = `printf %s "$KUBERNETES_EXEC_INFO" > ${folder}/info; ${giving({ token: "token-3" })}`;
  const cluster: ClusterEntry = {
    server,
    "certificate-authority-data": "Yw==",
    extensions: [{ name: "client.authentication.k8s.io/exec", extension: { audience: "a" } }],
  };
  const told = async (provideClusterInfo: boolean): Promise<unknown> => {
    const { current } = sourceOf({ cluster, user: { exec: script(tell, { provideClusterInfo }) } });
    expect(await current()).toEqual({ authorization: "Bearer token-3" });
    return JSON.parse(readFileSync(path.join(folder, "info"), "utf8"));
  };
  const head = { apiVersion, kind: "ExecCredential" };
  expect(await told(false)).toEqual({ ...head, spec: { interactive: false } });
  expect(await told(true)).toEqual({
    ...head,
    spec: {
      cluster: { server, "certificate-authority-data": "Yw==", config: { audience: "a" } },
      interactive: false,
    },
  });
});

/** A plugin that counts its runs. */
function counting(status: object): { exec: ExecEntry; runs: () => number } {
  const log = path.join(scratch(), "runs");
  writeFileSync(log, "");
  return {
    exec: script(`echo run >> ${log}; sleep 0.2; ${giving(status)}`),
    runs: () => readFileSync(log, "utf8").split("\n").length - 1,
  };
}

test("runs once for all clusters and requests that want it at once, and not again", async () => {
  const { exec, runs } = counting({ token: "token-4" });
  const sources = ["https://a:1", "https://b:1"].map((at) =>
    sourceOf({ cluster: { server: at }, user: { exec } }),
  );
  await Promise.all([...sources, ...sources].map((source) => source.current()));
  await sources[0]?.current();
  expect(runs()).toBe(1);
});

test("runs again when what it gave has ended, and when a server refuses it", async () => {
  const expirationTimestamp = new Date(Date.now() + 60_000).toISOString();
  const { exec, runs } = counting({ token: "token-5", expirationTimestamp });
  const source = sourceOf({ cluster: { server }, user: { exec } });
  await source.current();
  await source.current();
  expect(runs()).toBe(1);
  vi.spyOn(Date, "now").mockReturnValue(Date.parse(expirationTimestamp) + 1);
  onTestFinished(() => void vi.restoreAllMocks());
  await source.current();
  expect(runs()).toBe(2);
  vi.restoreAllMocks();
  await source.current();
  expect(runs()).toBe(2);
  expect(await source.renew()).toBe(true);
  await source.current();
  expect(runs()).toBe(3);
});

test("a token file that is rotated is read again within a minute, and at once after a refusal", async () => {
  const file = path.join(scratch(), "token");
  writeFileSync(file, "token-of-before\n");
  const source = sourceOf({ cluster: { server }, user: { tokenFile: file } });
  expect(await source.current()).toEqual({ authorization: "Bearer token-of-before" });
  writeFileSync(file, "token-of-after\n");
  expect(await source.current()).toEqual({ authorization: "Bearer token-of-before" });
  const now = Date.now();
  vi.spyOn(Date, "now").mockReturnValue(now + 60_000);
  onTestFinished(() => void vi.restoreAllMocks());
  expect(await source.current()).toEqual({ authorization: "Bearer token-of-after" });
  expect(await source.renew()).toBe(false);
  writeFileSync(file, "token-of-today\n");
  expect(await source.renew()).toBe(true);
  expect(await source.current()).toEqual({ authorization: "Bearer token-of-today" });
});

test("a token comes before its file, a password or certificate before a plugin; over plain http nothing is sent", async () => {
  const { exec, runs } = counting({ token: "token-6" });
  const shown = (user: object, at = server) => sourceOf({ cluster: { server: at }, user }).current();
  expect(await shown({ token: "t", tokenFile: "/none", exec })).toEqual({ authorization: "Bearer t" });
  expect(await shown({ username: "u", password: "p:", exec })).toEqual({
    authorization: `Basic ${Buffer.from("u:p:").toString("base64")}`,
  });
  expect(await shown({ token: "t", exec }, "http://127.0.0.1:8001")).toEqual({});
  expect(await shown({ exec }, "http://127.0.0.1:8001")).toEqual({});
  expect(runs()).toBe(0);
});
