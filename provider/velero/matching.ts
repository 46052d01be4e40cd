import type { ServedKind } from "../kubernetes/discovery.ts";
import type { LabelSelector } from "./selection-entries.ts";

/** Velero ignores a kind that lacks one of these verbs (velero `pkg/discovery/helper.go`, filterByVerbs). */
const VERBS = ["list", "create", "get", "delete"];

/** Returns true if Velero backs up and restores objects of the kind. */
export const isForVelero = ({ verbs }: ServedKind): boolean => VERBS.every((verb) => verbs.includes(verb));

/**
 * Returns the kind that Velero resolves a word to: `deployments.apps`, `Deployment`, `deploy`, `deployments.ap`. Velero
 * keeps a word that it cannot resolve, and compares it with `deployments.apps` as a glob (velero
 * `pkg/util/collections/includes_excludes.go`).
 */
export function resolveKind(word: string, kinds: readonly ServedKind[]): ServedKind | undefined {
  const [name = "", ...rest] = word.split(".");
  const found = kindNamed(name, rest.join("."), kinds);
  return found && isForVelero(found) ? found : undefined;
}

/** Does the same for the filters of resource policies, where Velero does not split a group off the word. */
export function resolveKindAlone(word: string, kinds: readonly ServedKind[]): ServedKind | undefined {
  const found = kindNamed(word, "", kinds);
  return found && isForVelero(found) ? found : undefined;
}

/**
 * Returns the kind with this name in the API, including kinds that Velero ignores. A prefix of the group is enough. The
 * first match counts: groups are in the order of the cluster (client-go `restmapper/discovery.go`, apimachinery
 * `pkg/api/meta/restmapper.go`).
 */
export function kindNamed(name: string, group: string, kinds: readonly ServedKind[]): ServedKind | undefined {
  const plural = (longName(name, group, kinds) ?? name).toLowerCase();
  return kinds.find(
    (kind) => (kind.plural === plural || kind.singular === plural) && groupOf(kind).startsWith(group),
  );
}

/** Short names are case-sensitive (velero `third_party/kubernetes/pkg/kubectl/cmd/util/shortcut_expander.go`). */
function longName(name: string, group: string, kinds: readonly ServedKind[]): string | undefined {
  const short = kinds.filter((kind) => kind.shortNames.includes(name) && isForVelero(kind));
  const found =
    short.find((kind) => group === "" || groupOf(kind) === group) ??
    short.find((kind) => groupOf(kind).startsWith(group));
  return found?.plural;
}

/** Returns the group of a kind, such as `apps`. It is empty for the core group. */
export const groupOf = ({ plural, groupResource }: ServedKind): string =>
  groupResource.slice(plural.length + 1);

/** Matches labels by one selector, or by any of several. Without selectors everything matches. */
export function matchesLabels(
  {
    labelSelector,
    orLabelSelectors,
  }: { labelSelector?: LabelSelector | undefined; orLabelSelectors?: readonly LabelSelector[] | undefined },
  labels: Record<string, string> = {},
): boolean {
  const selectors = labelSelector ? [labelSelector] : (orLabelSelectors ?? []);
  return selectors.length === 0 || selectors.some((selector) => matches(selector, labels));
}

function matches(
  { matchLabels = {}, matchExpressions = [] }: LabelSelector,
  labels: Record<string, string>,
): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labels[key];
      switch (operator) {
        case "In":
          return value !== undefined && values.includes(value);
        case "NotIn":
          return value === undefined || !values.includes(value);
        case "Exists":
          return value !== undefined;
        default:
          return value === undefined;
      }
    })
  );
}

/**
 * Compiles a glob as Velero reads it in a restore (gobwas/glob): `*`, `?`, `[a-c]`, `[!a]`, `{a,b}`. If there is a
 * separator, only `**` matches it. An invalid glob matches nothing.
 */
export function globToRegExp(glob: string, separator = ""): RegExp {
  const any = separator === "" ? "." : `[^${literally(separator)}]`;
  let depth = 0;
  const source = glob.replace(
    /\\(.)|\[(!?)([^\]]+)\]|\*+|\W/g,
    (token: string, escaped?: string, not?: string, range?: string) => {
      if (escaped !== undefined) return literally(escaped);
      if (range !== undefined) return `[${not ? "^" : ""}${range.replace(/[\\^]/g, "\\$&")}]`;
      switch (token) {
        case "*":
          return `${any}*`;
        case "?":
          return any;
        case "{":
          depth += 1;
          return "(?:";
        case "}":
          depth -= 1;
          return ")";
        case ",":
          return depth > 0 ? "|" : ",";
        default:
          return token.startsWith("*") ? ".*" : literally(token);
      }
    },
  );
  try {
    return new RegExp(`^(?:${source})$`);
  } catch {
    return /(?!)/;
  }
}

const literally = (character: string): string => character.replace(/\W/, "\\$&");

/** Returns a filter that accepts included and not excluded texts. An empty list of included globs accepts all. */
export function listFilter(
  included: readonly string[] = [],
  excluded: readonly string[] = [],
): (text: string) => boolean {
  const wanted = included.map((glob) => globToRegExp(glob));
  const unwanted = excluded.map((glob) => globToRegExp(glob));
  return (text) =>
    (included.length === 0 || wanted.some((each) => each.test(text))) &&
    !unwanted.some((each) => each.test(text));
}
