import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import { request as requestOverTls } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { connect, type KubernetesClient } from "../../provider/kubernetes/client.ts";
import { clusterLabel } from "../../provider/kubernetes/connection.ts";
import { locations, namespaces } from "../../provider/kubernetes/resources.ts";
import { serviceAccount } from "../scenarios/service-account.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { uniqueName } from "../sandbox/unique-name.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { testSession } from "../unit/session.ts";

const label = clusterLabel("east");
const namespace = "velero";
const rbac = "rbac.authorization.k8s.io";
const reviews = {
  apiVersion: "authentication.k8s.io/v1",
  kind: "SelfSubjectReview",
  plural: "selfsubjectreviews",
};

interface Review {
  status: {
    userInfo: { username: string; uid?: string; groups: string[]; extra?: Record<string, string[]> };
  };
}

describeOnSandbox("A kubeconfig", (sandbox) => {
  const east = sandbox.cluster("east");
  const group = uniqueName("readers");

  /** Content of one context, in which the user is exactly this. */
  const kubeconfigOf = (user: object | undefined, cluster: object = {}): string =>
    JSON.stringify({
      clusters: [
        {
          name: "east",
          cluster: {
            server: east.server,
            "certificate-authority-data": Buffer.from(east.certificateAuthority).toString("base64"),
            ...cluster,
          },
        },
      ],
      ...(user ? { users: [{ name: "someone", user }] } : {}),
      contexts: [{ name: "east", context: { cluster: "east", ...(user ? { user: "someone" } : {}) } }],
      "current-context": "east",
    });
  const open = async (kubeconfig: string): Promise<KubernetesClient> => {
    const client = await connect(testSession(), { kubeconfig }, label);
    onTestFinished(() => client.close());
    return client;
  };
  const whoIs = async (client: KubernetesClient): Promise<Review["status"]["userInfo"]> => {
    const review: unknown = await client.create(reviews as typeof locations, { metadata: { name: "" } });
    return (review as Review).status.userInfo;
  };

  // Members of the group may read and follow locations.
  beforeAll(async () => {
    const roles = `/apis/${rbac}/v1/clusterroles`;
    const head = { apiVersion: `${rbac}/v1`, metadata: { name: group } };
    await east.kubernetes.create(roles, {
      ...head,
      kind: "ClusterRole",
      rules: [{ apiGroups: ["velero.io"], resources: ["*"], verbs: ["get", "list", "watch"] }],
    });
    await east.kubernetes.create(`/apis/${rbac}/v1/clusterrolebindings`, {
      ...head,
      kind: "ClusterRoleBinding",
      roleRef: { apiGroup: rbac, kind: "ClusterRole", name: group },
      subjects: [{ kind: "Group", name: group, apiGroup: rbac }],
    });
  });

  test("acts as the user, the groups, the uid and the extra values that it names, and as nobody else", async () => {
    const client = await open(
      kubeconfigOf({
        token: east.token,
        as: "jane",
        "as-uid": "42",
        "as-groups": ["first", group],
        "as-user-extra": { "example.com/scopes": ["one", "two"], reason: ["drill"] },
      }),
    );
    const { username, uid, groups, extra } = await whoIs(client);
    expect({ username, uid, extra }).toEqual({
      username: "jane",
      uid: "42",
      extra: { "example.com/scopes": ["one", "two"], reason: ["drill"] },
    });
    expect(groups.filter((name) => name !== "system:authenticated")).toEqual(["first", group]);
  });

  test("gives requests and watches the rights of its groups, and no others", async () => {
    const impersonating = (groups: string[]) =>
      open(kubeconfigOf({ token: east.token, as: "jane", "as-groups": groups }));
    const [member, stranger] = [await impersonating(["first", group]), await impersonating(["first"])];
    const scope = { type: locations, namespace };
    await waitUntil("the group's rights are in force", () =>
      member.list(scope).then(
        () => true,
        () => undefined,
      ),
    );
    const target = { type: namespaces, name: "kube-system" };
    await expect(member.get(target)).rejects.toThrow(/cluster "east" forbids .*"jane"/);
    await expect(stranger.list(scope)).rejects.toThrow(/cluster "east" forbids .*"jane"/);

    const { resourceVersion } = await member.list(scope);
    const name = uniqueName("followed");
    const seen: Record<"member" | "stranger", string[]> = { member: [], stranger: [] };
    const stop = new AbortController();
    const follow = (who: keyof typeof seen, client: KubernetesClient) =>
      client.watch(
        { ...scope, resourceVersion },
        ({ object }) => seen[who].push(object.metadata.name),
        stop.signal,
      );
    const [following, refused] = [follow("member", member), follow("stranger", stranger)];
    await refused;
    const objects = `/apis/velero.io/v1/namespaces/${namespace}/backupstoragelocations`;
    await east.kubernetes.create(objects, {
      apiVersion: "velero.io/v1",
      kind: "BackupStorageLocation",
      metadata: { name },
      spec: { provider: "aws", objectStorage: { bucket: "nobody-has-this-bucket" } },
    });
    onTestFinished(() => east.kubernetes.delete(`${objects}/${name}`));
    await waitUntil("the watch sees it", () => Promise.resolve(seen.member.includes(name) || undefined));
    expect(seen.stranger).toEqual([]);
    stop.abort();
    await following;
  });

  test("without a user reaches the cluster by its own authority, as nobody in particular", async () => {
    const client = await open(kubeconfigOf(undefined));
    await expect(client.get({ type: namespaces, name: "kube-system" })).rejects.toThrow(
      /cluster "east" (does not accept the kubeconfig's credentials|forbids .*"system:anonymous")/,
    );
  });

  test("of a plain http server, as kubectl proxy is one, is used as it is, and sends it no token", async () => {
    const sent: (string | undefined)[] = [];
    const server = createServer((incoming, outgoing) => {
      sent.push(incoming.headers.authorization);
      const headers = { ...incoming.headers, authorization: `Bearer ${east.token}` };
      const options = { method: incoming.method ?? "GET", headers, ca: east.certificateAuthority };
      const onwards = requestOverTls(east.server + incoming.url, options, (answer: IncomingMessage) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      });
      incoming.pipe(onwards);
    }).listen(0, "127.0.0.1");
    onTestFinished(() => void server.close());
    await waitUntil("it listens", () => Promise.resolve(server.address() ?? undefined));
    const { port } = server.address() as AddressInfo;
    const plain = { server: `http://127.0.0.1:${port}`, "certificate-authority-data": undefined };
    const client = await open(kubeconfigOf({ token: "canary-token" }, plain));
    expect((await client.get({ type: namespaces, name: "kube-system" }))?.metadata.uid).toMatch(
      /^[0-9a-f-]{36}$/,
    );
    expect(sent).toEqual([undefined]);
  });

  test("follows a token file that is rotated, also when the server refuses the old token before", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "kubeconfig-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const file = path.join(folder, "token");
    writeFileSync(file, "token-that-has-ended\n");
    const client = await open(kubeconfigOf({ tokenFile: file }));
    const target = { type: namespaces, name: "kube-system" };
    await expect(client.get(target)).rejects.toThrow("does not accept the kubeconfig's credentials");
    writeFileSync(file, `${east.token}\n`);
    expect(await client.get(target)).toBeDefined();
  });

  test("of an exec plugin is who the plugin says, by token, and again when a server has refused that", async () => {
    const account = await serviceAccount(east, "plugin");
    const [, token = ""] = /token: (\S+)/.exec(account.kubeconfig) ?? [];
    const folder = mkdtempSync(path.join(tmpdir(), "kubeconfig-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const file = path.join(folder, "token");
    writeFileSync(file, "token-that-has-ended");
    const apiVersion = "client.authentication.k8s.io/v1beta1";
    const printed = `{"apiVersion":"${apiVersion}","kind":"ExecCredential","status":{"token":"%s"}}`;
    const exec = {
      apiVersion,
      command: "sh",
      args: ["-c", `printf '${printed}' "$(cat ${file})"`],
      env: null,
    };
    const client = await open(kubeconfigOf({ exec }));
    await expect(whoIs(client)).rejects.toThrow("does not accept the kubeconfig's credentials");
    writeFileSync(file, token);
    expect((await whoIs(client)).username).toBe(`system:serviceaccount:${account.namespace}:${account.name}`);
  });

  test("given as a path tells no secret that its plugin prints", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "kubeconfig-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const apiVersion = "client.authentication.k8s.io/v1";
    const exec = {
      apiVersion,
      command: "./plugin",
      interactiveMode: "Never",
      env: [{ name: "CLIENT_SECRET", value: "canary-of-env" }],
    };
    const file = path.join(folder, "config");
    writeFileSync(file, kubeconfigOf({ exec }));
    writeFileSync(
      path.join(folder, "plugin"),
      '#!/bin/sh\necho "wrong secret $CLIENT_SECRET" >&2; exit 1\n',
      {
        mode: 0o755,
      },
    );
    const session = testSession();
    for (const connection of [{ kubeconfig: file }, { ambient: true as const }]) {
      vi.stubEnv("KUBECONFIG", file);
      onTestFinished(() => void vi.unstubAllEnvs());
      const client = await connect(session, connection, label);
      const message = await client.get({ type: namespaces, name: "kube-system" }).then(
        () => expect.fail("was let in"),
        (error: Error) => session.secrets.redact(error.message),
      );
      expect(message).toContain("gives no way in: the exec plugin");
      expect(message).toContain("wrong secret [secret]");
    }
  });
});
