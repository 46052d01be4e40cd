import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { clusterLabel, resolveConnection } from "../../../../provider/kubernetes/connection.ts";
import { kubeconfigFields } from "../../../../provider/kubernetes/kubeconfig/judge-kubeconfig.ts";
import { loadKubeconfig } from "../../../../provider/kubernetes/kubeconfig/load-kubeconfig.ts";
import { impersonationOf } from "../../../../provider/kubernetes/kubeconfig/open-access.ts";
import { testSession } from "../../session.ts";
import { kubeconfigOf } from "./kubeconfig-of.ts";

const session = testSession();
const label = clusterLabel("east");
const load = (kubeconfig: string, more: object = {}) =>
  loadKubeconfig(session, { kubeconfig, ...more }, label);
const refusalOf = (kubeconfig: string, more: object = {}): Promise<string> =>
  load(kubeconfig, more).then(
    () => expect.fail("was taken"),
    (error: Error) => error.message,
  );
const v1 = "client.authentication.k8s.io/v1";
const exec = { apiVersion: v1, command: "plugin", interactiveMode: "Never" };

function folderOf(files: Record<string, string>): string {
  const folder = mkdtempSync(path.join(tmpdir(), "kubeconfig-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  }
  return folder;
}

// The JSON names in k8s.io/client-go v0.33.13 tools/clientcmd/api/v1/types.go.
test.each([
  ["file", "kind apiVersion preferences clusters users contexts current-context extensions"],
  [
    "cluster",
    "server tls-server-name insecure-skip-tls-verify certificate-authority certificate-authority-data proxy-url disable-compression extensions",
  ],
  [
    "user",
    "client-certificate client-certificate-data client-key client-key-data token tokenFile as as-uid as-groups as-user-extra username password auth-provider exec extensions",
  ],
  ["context", "cluster user namespace extensions"],
  ["exec", "command args env apiVersion installHint provideClusterInfo interactiveMode"],
] as const)("each field of a %s that kubectl knows has its place in the table", (section, names) => {
  expect(Object.keys(kubeconfigFields[section]).sort()).toEqual(names.split(" ").sort());
});

test.each([
  { as: "someone else" },
  { as: "x", "as-uid": "1", "as-groups": ["a", "b"], "as-user-extra": { scopes: ["c", "d"] } },
  { token: "token-of-someone" },
  { username: "someone", password: "password" },
  { "client-certificate-data": "Yw==", "client-key-data": "aw==" },
  { tokenFile: "/a/token" },
  {
    exec: {
      ...exec,
      args: ["x"],
      env: [{ name: "A", value: "b" }],
      provideClusterInfo: true,
      installHint: "h",
    },
  },
  { "auth-provider": { name: "oidc", config: { "id-token": "x" } } },
])("the user's fields arrive as they are: %j", async (user) => {
  expect((await load(kubeconfigOf(user))).user).toEqual(user);
});

test("the cluster's fields arrive as they are, and the server without a slash at its end", async () => {
  const cluster = {
    "tls-server-name": "x",
    "insecure-skip-tls-verify": true,
    "certificate-authority-data": "Yw==",
    "proxy-url": "http://proxy:3128",
    "disable-compression": true,
    extensions: [{ name: "client.authentication.k8s.io/exec", extension: { audience: "a" } }],
  };
  expect((await load(kubeconfigOf({}, { server: "https://x:1/", ...cluster }))).cluster).toEqual({
    server: "https://x:1",
    ...cluster,
  });
});

test("null is as good as absent: env, args, extensions", async () => {
  const { user } = await load(kubeconfigOf({ exec: { ...exec, env: null, args: null }, extensions: null }));
  expect(user).toEqual({ exec });
});

const plugin = (change: object) => ({ exec: { ...exec, ...change } });

test.each<[string, user: object, cluster?: object]>([
  ['user "someone" has as-groups without as', { "as-groups": ["admins"] }],
  ["as-groups is not a list of texts", { as: "x", "as-groups": "admins" }],
  ['the field "as-group" is not known; is "as-groups" meant?', { as: "x", "as-group": ["readers"] }],
  ['the field "impersonate" is not known; impersonation is written as', { impersonate: "x" }],
  ["has both a token and a username or password", { token: "t-of-someone", username: "x" }],
  ["has only one of client-certificate and client-key", { "client-certificate-data": "Yw==" }],
  [
    'has the auth-provider "gcp", which kubectl has no longer: use an exec plugin',
    { "auth-provider": { name: "gcp" } },
  ],
  ["has an exec plugin of interactiveMode Always", plugin({ interactiveMode: "Always" })],
  ["has an exec plugin without interactiveMode", { exec: { apiVersion: v1, command: "x" } }],
  ['of interactiveMode "never": write Never or IfAvailable', plugin({ interactiveMode: "never" })],
  [`has an exec plugin of apiVersion "${v1}alpha1"`, plugin({ apiVersion: `${v1}alpha1` })],
  ["has an exec plugin without a command", plugin({ command: "" })],
  ["env is not a list of { name, value }", plugin({ env: [{ name: "A", value: 1 }] })],
  ["insecure-skip-tls-verify is not true or false", {}, { "insecure-skip-tls-verify": "true" }],
  ["has no server that begins with https:// or http://", {}, { server: "example.com:6443" }],
  [
    'certificate-authority is the relative path "ca.crt", and content has no folder',
    {},
    { "certificate-authority": "ca.crt" },
  ],
  ['tokenFile is the relative path "token"', { tokenFile: "token" }],
  ['command is the relative path "./plugin"', plugin({ command: "./plugin" })],
])("is refused by name: %s", async (words, user, cluster = {}) => {
  const message = await refusalOf(kubeconfigOf(user, cluster));
  expect(message).toContain('clusters.east.kubeconfig: the kubeconfig of cluster "east" cannot be used: ');
  expect(message).toContain(words);
  expect(message).toContain("kubectl config view --raw --minify --flatten");
});

test("all that is wrong is told at once", async () => {
  const message = await refusalOf(kubeconfigOf({ "as-uid": "1", tokenFile: "t" }, { server: "x" }));
  expect(message).toMatch(/tokenFile.*as-uid without as.*no server/);
});

test("what nobody knows is told with the name that may be meant, and passes", async () => {
  const told = vi.spyOn(console, "log").mockReturnValue();
  onTestFinished(() => told.mockRestore());
  await load(kubeconfigOf({ "token-file": "/x" }, { "insecure-skip-tls-verifi": true }));
  const lines = told.mock.calls.map(([line]) => String(line));
  expect(lines).toContain(
    'cluster "east": in its kubeconfig, user "someone": the field "token-file" is not known and has no effect; is "tokenFile" meant?',
  );
  expect(lines).toContain(
    'cluster "east": in its kubeconfig, cluster "there": the field "insecure-skip-tls-verifi" is not known and has no effect; is "insecure-skip-tls-verify" meant?',
  );
});

test("a context without a user has no credentials; one whose user is not there is refused", async () => {
  expect((await load(kubeconfigOf({ token: "token-of-someone" }, {}, {}))).user).toEqual({});
  expect(await refusalOf(kubeconfigOf({}, {}, { user: "nobody" }))).toContain(
    'the user "nobody" of context "there" is not there',
  );
});

test("relative paths are those of the file's folder, for a path and for a reference to a file", async () => {
  const kubeconfig = kubeconfigOf(
    { tokenFile: "token", exec: { ...exec, command: "bin/plugin" } },
    { "certificate-authority": "certs/ca.crt" },
  );
  const folder = folderOf({ "east.kubeconfig": kubeconfig });
  const expected = {
    cluster: { server: "https://127.0.0.1:6443", "certificate-authority": path.join(folder, "certs/ca.crt") },
    user: {
      tokenFile: path.join(folder, "token"),
      exec: { ...exec, command: path.join(folder, "bin/plugin") },
    },
  };
  const file = path.join(folder, "east.kubeconfig");
  expect(await load(file)).toEqual(expected);
  expect(
    await loadKubeconfig(session, resolveConnection(session.secrets, { kubeconfig: { file } }, "x"), label),
  ).toEqual(expected);
});

test("KUBECONFIG may name several files: the first that has a name counts, with paths from its own folder", async () => {
  const folder = folderOf({
    "a/config": kubeconfigOf({ tokenFile: "token" }),
    "b/config": kubeconfigOf({ token: "token-of-another" }, { server: "https://other:6443" }),
  });
  const list = ["none", "a/config", "b/config"].map((name) => path.join(folder, name)).join(path.delimiter);
  vi.stubEnv("KUBECONFIG", list);
  onTestFinished(() => void vi.unstubAllEnvs());
  expect(await loadKubeconfig(session, { ambient: true }, label)).toEqual({
    cluster: { server: "https://127.0.0.1:6443" },
    user: { tokenFile: path.join(folder, "a/token") },
  });
});

test("several groups are several headers, and what a header's name cannot hold is escaped", () => {
  const headers = impersonationOf({
    as: "jürgen",
    "as-uid": "7",
    "as-groups": ["a", "b,c"],
    "as-user-extra": { "example.com/scopes": ["x", "y"], none: [] },
  });
  expect(headers).toEqual({
    "impersonate-user": [Buffer.from("jürgen").toString("latin1")],
    "impersonate-uid": ["7"],
    "impersonate-group": ["a", "b,c"],
    "impersonate-extra-example.com%2Fscopes": ["x", "y"],
  });
  expect(impersonationOf({ token: "x" })).toEqual({});
});
