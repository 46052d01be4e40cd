import { shortHash } from "../../lifecycle/canonical.ts";
import { resolveStorage } from "../../lifecycle/references.ts";
import { hasUnknown } from "../../lifecycle/unknown.ts";
import { prefixOf } from "../../storage/coordinates.ts";
import { openStore } from "../../storage/open-store.ts";
import type { StorageConfig } from "../../storage/storage-config.ts";
import type { StoreErrorCode } from "../../storage/store-error.ts";
import { knownFacts } from "../known-facts.ts";
import { refuseRootOfAnother } from "../refuse-root.ts";
import { retentionAdvice } from "../retention-advice.ts";
import { combine, notice, nothingWrong, shared, type Verdict, verdictOn } from "./verdict.ts";

/** What no later step of the same up puts right. That a bucket is not there may be because the up is to make it. */
const DEFINITE: readonly (StoreErrorCode | "NestedPrefix" | "Immutable")[] = [
  "WrongCredentials",
  "Forbidden",
  "WrongRegion",
  "UntrustedCertificate",
  "ClockSkew",
  "PackageMissing",
  "BadSetting",
  "NestedPrefix",
  "Immutable",
];

/** Reads what the bucket is and what lies at the location's root; writes nothing. */
export function lookAtStore(storage: StorageConfig): Promise<Verdict> {
  if (hasUnknown(storage)) return Promise.resolve(nothingWrong);
  return shared(`store ${shortHash(32, storage)}`, async () => {
    try {
      const store = openStore(resolveStorage(storage));
      const advice = retentionAdvice(await knownFacts(storage), storage, store.address);
      await refuseRootOfAnother(store, prefixOf(storage));
      return combine(advice.map(notice));
    } catch (error) {
      return verdictOn(error, DEFINITE);
    }
  });
}
