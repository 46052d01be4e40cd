import {
  type BackupNamespaces,
  mappingProblemFor,
  strayEntries,
  strayProblem,
} from "../../restore-model/judge-mapping.ts";
import { isPattern, type NamespaceMapping } from "../../schemas/restore-options.ts";

/** Lets the parts of one restore, which run in parallel, agree on the mapping before the first of them begins. */
export interface MappingAgreement {
  /**
   * Reports what would be restored into a cluster, and waits until the mapping is accepted. Rejects if it is refused.
   */
  found(source: string, finding: BackupNamespaces): Promise<void>;
  /** Reports that an earlier run began the Restore, so the mapping was accepted then. */
  begun(source: string): void;
  /** Reports that nothing is restored there, and that the backup could not be read. */
  failed(source: string): void;
}

/**
 * Makes an agreement on the mapping. An entry that matches no namespace in one cluster may be meant for another. So all
 * clusters are checked before a Restore begins in any. When each entry has matched once, nothing waits any longer.
 * `clusters` are the targets of the sources that have something to do. With `isBlind`, no backup can be read, and one
 * of them may leave a pattern unresolved.
 */
export function agreeOnMapping(
  mapping: NamespaceMapping | undefined = {},
  clusters: Record<string, string>,
  { isBlind, hasBegun }: { isBlind: boolean; hasBegun: boolean },
): MappingAgreement {
  const awaited = new Set(Object.keys(clusters));
  const needsAll = isBlind && Object.keys(mapping).some(isPattern);
  const findings: BackupNamespaces[] = [];
  const unseen: string[] = [];
  let agree: () => void = () => undefined;
  let refuse: (problem: Error) => void = () => undefined;
  const agreed = new Promise<void>((resolve, reject) => {
    agree = resolve;
    refuse = reject;
  });
  // It may reject while nothing waits for it.
  agreed.catch(() => undefined);
  if (hasBegun) agree();

  function judge(): void {
    const stray = strayEntries(mapping, findings);
    if (stray.length === 0 && !(needsAll && awaited.size > 0)) agree();
    else if (awaited.size === 0) {
      // The findings arrive in any order, so they are sorted.
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
        // Other parts may have begun already.
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
