import * as v from "valibot";
import { configProblems, type StoreKind } from "./storage/config-problems.ts";

/** Judges the `config` of a store: what a program may say there is a matter of the whole store. */
export const judgedConfig = <Store extends object>(kind: StoreKind): v.RawCheckAction<Store> =>
  v.rawCheck<Store>(({ dataset, addIssue }) => {
    // All complaints come at once, so that a store which is wrong elsewhere is judged, too.
    const store = Object(dataset.value) as Record<string, unknown>;
    const config = Object(store["config"]) as Record<string, unknown>;
    const at = { type: "object", origin: "value" } as const;
    for (const { key, reason } of configProblems(kind, store["config"], store["credentials"])) {
      const path = [
        { ...at, input: store, key: "config", value: config },
        { ...at, input: config, key, value: config[key] },
      ];
      addIssue({ message: reason, path: path as never });
    }
  });
