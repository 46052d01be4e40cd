import {
  type Finding,
  mappingProblemFor,
  strayEntries,
  strayProblem,
} from "../../restore-model/judge-mapping.ts";
import { isPattern, type NamespaceMapping } from "../../schemas/restore-options.ts";

/** The parts of one restore run side by side, and agree by this before the first of them begins. */
export interface MappingAgreement {
  /** Tells what would be restored into a cluster, and waits until the mapping may be acted upon. Fails where it may not. */
  found(source: string, finding: Finding): Promise<void>;
  /** Its Restore was begun by an earlier run, and so the mapping was agreed on. */
  begun(source: string): void;
  /** Nothing is restored there, and nothing was seen of it. */
  failed(source: string): void;
}

/**
 * An entry that fits no namespace in one cluster may be meant for another, so that all are looked at before a Restore
 * is begun in any. Nobody is waited for once each entry has fitted somewhere. `clusters`: the target of each source
 * that has something to do. `isBlind`: nobody sees into backups, and one of them may leave a pattern open.
 */
export function agreeOnMapping(
  mapping: NamespaceMapping | undefined = {},
  clusters: Record<string, string>,
  { isBlind, hasBegun }: { isBlind: boolean; hasBegun: boolean },
): MappingAgreement {
  const awaited = new Set(Object.keys(clusters));
  const needsAll = isBlind && Object.keys(mapping).some(isPattern);
  const findings: Finding[] = [];
  const unseen: string[] = [];
  let agree: () => void = () => undefined;
  let refuse: (problem: Error) => void = () => undefined;
  const agreed = new Promise<void>((resolve, reject) => {
    agree = resolve;
    refuse = reject;
  });
  // It may be refused while nobody waits for it.
  agreed.catch(() => undefined);
  if (hasBegun) agree();

  function judge(): void {
    const stray = strayEntries(mapping, findings);
    if (stray.length === 0 && !(needsAll && awaited.size > 0)) agree();
    else if (awaited.size === 0) {
      // In one order always: they come as each cluster answers.
      const ordered = findings.toSorted((one, other) => (one.cluster < other.cluster ? -1 : 1));
      refuse(strayProblem(stray, ordered, unseen.toSorted()));
    }
  }

  return {
    found(source, finding) {
      awaited.delete(source);
      findings.push(finding);
      const problem = mappingProblemFor(mapping, finding);
      if (problem) {
        refuse(problem);
        // Others may have begun by then.
        return Promise.reject(problem);
      }
      judge();
      return agreed;
    },
    begun(source) {
      awaited.delete(source);
      agree();
    },
    failed(source) {
      if (!awaited.delete(source)) return;
      unseen.push(clusters[source] ?? source);
      judge();
    },
  };
}
