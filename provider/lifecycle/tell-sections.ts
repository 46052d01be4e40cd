import { codesIn, sectionOf } from "../codes.ts";
import { tell } from "./notices.ts";

/** Where the codes of a failure that leaves this process are explained: beside the failure, and once for each. */
export function tellSections(words: string): void {
  for (const code of codesIn(words))
    tell("pulumi-velero", `[velero:${code}] is explained in ${sectionOf(code)}`);
}
