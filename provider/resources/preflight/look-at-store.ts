import { shortHash } from "../../lifecycle/canonical.ts";
import { openWay } from "../../lifecycle/open-way.ts";
import { hasUnknown } from "../../lifecycle/unknown.ts";
import { prefixOf } from "../../storage/coordinates.ts";
import { programWay, type StoreDeclaration, trialWay } from "../../storage/ways.ts";
import type { StoreErrorCode } from "../../storage/store-error.ts";
import { knownFacts } from "../known-facts.ts";
import { refuseRootOfAnother } from "../refuse-root.ts";
import { retentionAdvice } from "../retention-advice.ts";
import { combine, notice, nothingWrong, shared, type Verdict, verdictOn } from "./verdict.ts";

/** What no later step of the same up puts right. That a bucket is not there may be because the up is to make it. */
export const DEFINITE: readonly (StoreErrorCode | "NestedPrefix" | "Immutable")[] = [
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
export function lookAtStore({ storage, access }: StoreDeclaration): Promise<Verdict> {
  if (hasUnknown([storage, access])) return Promise.resolve(nothingWrong);
  return shared(`store ${shortHash(32, storage, access)}`, async () => {
    try {
      const way = programWay({ storage, access });
      if (!way) return nothingWrong;
      const store = openWay(way);
      const facts = await knownFacts(way);
      const advice = retentionAdvice(facts, storage, store.address);
      await refuseRootOfAnother(store, prefixOf(storage));
      await openWay(trialWay({ storage, access }))?.inspect();
      return combine(advice.map(notice));
    } catch (error) {
      return verdictOn(error, DEFINITE);
    }
  });
}
