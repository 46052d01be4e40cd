import { describe, expect, test } from "vitest";
import { KubernetesError } from "../../../provider/kubernetes/kubernetes-error.ts";
import { namespaces } from "../../../provider/kubernetes/resources.ts";
import type { NamespaceSelection } from "../../../provider/velero/namespace-selection.ts";
import { refuse } from "../../../provider/rules/finding.ts";
import { namespacesExist, requireNamespaces } from "../../../provider/rules/namespaces.ts";
import { testSession } from "../session.ts";
import { memoryCluster } from "../kinds/backup/memory-cluster.ts";

interface Scene {
  serverVersion?: string;
  /** The namespaces may not be listed. */
  hidden?: boolean;
  lenient?: boolean;
}

/** As a drill makes them, as a label leaves them out, and as a drill's whose labels somebody has changed. */
const OUT: Record<string, string>[] = [
  { "pulumi-velero.io/drill": "true", "velero.io/exclude-from-backup": "true" },
  { "velero.io/exclude-from-backup": "true" },
  { "pulumi-velero.io/drill": "true" },
];

function cluster({ serverVersion = "v1.18.3", hidden = false, lenient = false }: Scene = {}) {
  const { client, put, writes } = memoryCluster(() => ({ phase: "Processed", serverVersion }));
  for (const name of ["shop", "billing", "team-1", "team-2", "kube-system"])
    put(namespaces, { metadata: { name } });
  for (const [index, labels] of OUT.entries())
    put(namespaces, { metadata: { name: `team-9${index}-drill`, labels } });
  const forbidden = () =>
    Promise.reject(
      new KubernetesError({ status: 403, reason: "Forbidden", what: "may not list namespaces" }),
    );
  const seen: typeof client = {
    ...client,
    list: (scope) => (hidden && scope.type === namespaces ? forbidden() : client.list(scope)),
  };
  return {
    writes,
    require: (selection: NamespaceSelection) => requireNamespaces(seen, selection, "velero", lenient),
    look: async (selection: NamespaceSelection) => {
      const place = { connection: { ambient: true } as const, cluster: "east" };
      refuse(await namespacesExist(place, selection).find({ client: seen, uid: "u" }, testSession()));
    },
  };
}

const THERE = "There are: shop, billing, team-1, team-2, kube-system.";

describe("The namespaces of a backup", () => {
  test("are not looked for where it is all of them", async () => {
    const { require, look } = cluster({ hidden: true });
    for (const all of [{}, { includedNamespaces: [] }, { includedNamespaces: ["*"] }])
      expect(await require(all)).toEqual({ missing: [] });
    await look({});
  });

  test("that do not exist are refused, with those that do", async () => {
    const selection = { includedNamespaces: ["shop", "bills", "team-*", "shoop"] };
    const { require, look } = cluster();
    const words = `includedNamespaces: cluster "east" has no namespace "bills", "shoop". Mend the name, or make this resource depend on what creates the namespace (one that is labelled velero.io/exclude-from-backup is none). ${THERE}`;
    await expect(require(selection)).rejects.toThrow(words);
    await expect(look(selection)).rejects.toThrow(words);
  });

  test.each([
    { includedNamespaces: ["/^none-/"] },
    { includedNamespaces: ["none-*"] },
    { includedNamespaces: ["shop"], excludedNamespaces: ["/^sh/"] },
    { includedNamespaces: ["~/./"] },
  ])(
    "that come to nothing are refused, since an empty list is all of them for Velero: %j",
    async (selection) => {
      for (const lenient of [false, true]) {
        const { require, look } = cluster({ lenient });
        const words = `no namespace of cluster "east" is one of those that are declared`;
        await expect(require(selection)).rejects.toThrow(words);
        await expect(look(selection)).rejects.toThrow(words);
      }
    },
  );

  test("are none that a drill has made, or that a label leaves out", async () => {
    const { require } = cluster();
    for (const pattern of ["/^team-/", "team-*"])
      expect((await require({ includedNamespaces: [pattern] })).resolved).toEqual(["team-1", "team-2"]);
    await expect(require({ includedNamespaces: ["team-90-drill"] })).rejects.toThrow(
      'cluster "east" has no namespace "team-90-drill"',
    );
  });

  test("are those that there are, where the others may be in other clusters", async () => {
    const { require } = cluster({ lenient: true });
    expect(
      await require({ includedNamespaces: ["shop", "elsewhere", "team-*"], excludedNamespaces: ["team-2"] }),
    ).toEqual({
      sent: { includedNamespaces: ["shop", "team-1"] },
      resolved: ["shop", "team-1"],
      missing: ["elsewhere"],
    });
    await expect(require({ includedNamespaces: ["elsewhere"] })).rejects.toThrow("no namespace of cluster");
  });

  test.each([
    ["v1.18.0", undefined],
    ["main", undefined],
    ["v1.17.4", { includedNamespaces: ["team-1", "team-2"] }],
  ])(
    "by globs are resolved for a Velero of version %s as far as that needs it",
    async (serverVersion, sent) => {
      expect(await cluster({ serverVersion }).require({ includedNamespaces: ["team-*"] })).toEqual({
        ...(sent && { sent }),
        resolved: ["team-1", "team-2"],
        missing: [],
      });
    },
  );

  test("ask Velero for its version for the sake of globs alone, and a look never does", async () => {
    const { require, look, writes } = cluster();
    await require({ includedNamespaces: ["shop", "/^team-/"] });
    await look({ includedNamespaces: ["team-*"] });
    expect(writes).toEqual([]);
    await require({ includedNamespaces: ["team-*"] });
    expect(writes).toHaveLength(2);
  });
});

describe("Where the namespaces may not be listed", () => {
  test("those that Velero resolves are left to it", async () => {
    const { require, look } = cluster({ hidden: true });
    const selection = { includedNamespaces: ["shop", "team-*"], excludedNamespaces: ["kube-system"] };
    expect(await require(selection)).toEqual({ missing: [] });
    await look(selection);
  });

  test.each<[NamespaceSelection, string]>([
    [{ includedNamespaces: ["/^team-/"] }, "v1.18.3"],
    [{ excludedNamespaces: ["/^team-/"] }, "v1.18.3"],
    [{ includedNamespaces: ["team-*"] }, "v1.17.4"],
  ])(
    "what has to be resolved here is refused, with the right that is missing: %j for %s",
    async (selection, serverVersion) => {
      await expect(cluster({ hidden: true, serverVersion }).require(selection)).rejects.toThrow(
        'includedNamespaces: has patterns, and these credentials may not list the namespaces of cluster "east". ' +
          "Give the kubeconfig's user the right to list namespaces, or name them.",
      );
    },
  );
});
