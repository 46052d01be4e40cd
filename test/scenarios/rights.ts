import type { rbac } from "../../sdk/index.ts";
import type { ApiRequest } from "./api-gate.ts";

/** `get secrets`, `list *.*`: each right of these rules by itself, as it was given. */
export const rightsIn = (rules: readonly rbac.PolicyRule[]): string[] =>
  rules.flatMap(({ apiGroups, resources, verbs }) =>
    resources.flatMap((resource) =>
      verbs.map((verb) => `${verb} ${[resource, ...apiGroups.filter(Boolean)].join(".")}`),
    ),
  );

/** The rules without one, or without what `takes` of each. */
export const without = <Role extends { rules: rbac.PolicyRule[] }>(role: Role, kind: string): Role => ({
  ...role,
  rules: role.rules.filter((rule) => nameOf(rule) !== kind),
});

/** `backups.velero.io`; `namespaces (kube-system, velero)` of those that are named. */
export const nameOf = ({ apiGroups, resources, resourceNames = [] }: rbac.PolicyRule): string =>
  [...resources, ...apiGroups.filter(Boolean)].join(".") +
  (resourceNames.length > 0 ? ` (${resourceNames.map(String).join(", ")})` : "");

const VERBS: Record<string, string> = { POST: "create", PATCH: "patch", PUT: "update", DELETE: "delete" };

/** The right that a request asks for, in the terms of Kubernetes' RBAC; undefined where it is of no kind's objects. */
export function rightOf({ method, path }: ApiRequest): string | undefined {
  const { pathname, searchParams } = new URL(path, "http://cluster");
  const [, group = "", rest = ""] = /^\/(?:api|apis\/([^/]+))\/[^/]+\/(.+)$/.exec(pathname) ?? [];
  const [, , resource, name] =
    /^(namespaces\/[^/]+\/)?([^/]+)(?:\/([^/]+))?$/.exec(rest) ?? ([] as (string | undefined)[]);
  if (resource === undefined) return undefined;
  const verb = VERBS[method] ?? (name !== undefined ? "get" : searchParams.has("watch") ? "watch" : "list");
  return `${verb} ${resource}${group && `.${group}`}`;
}
