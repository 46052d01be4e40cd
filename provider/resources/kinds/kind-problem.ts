import { Problem } from "../../errors.ts";
import type { KindFinding } from "./kind-mention.ts";

/** Puts all findings into one message, which begins with the first one's property. */
export function kindProblem([first, ...others]: readonly KindFinding[], undone: string): Problem | undefined {
  if (!first) return undefined;
  return new Problem({
    code: "WrongKind",
    property: first.path,
    what: [first.reason, ...others.map(({ path, reason }) => `${path}: ${reason}`)].join("; "),
    todo: undone,
  });
}
