import * as v from "valibot";
import { duration, text, count } from "../core/fields.ts";
import { modifierRule } from "./modifier-rule.ts";
import {
  hookSelection,
  kinds,
  labelSelector,
  names,
  someKinds,
  someNames,
  someSelectors,
} from "./selection-entries.ts";
import type { InferEntries } from "../core/validate.ts";

const texts = v.record(text, text);

const restoreHooks = v.strictObject({
  resources: v.array(
    v.strictObject({
      ...hookSelection,
      postHooks: v.optional(
        v.array(
          v.strictObject({
            exec: v.optional(
              v.strictObject({
                container: v.optional(text),
                command: v.pipe(v.array(v.string()), v.minLength(1, "must name a command")),
                onError: v.optional(v.picklist(["Continue", "Fail"])),
                execTimeout: v.optional(duration),
                waitTimeout: v.optional(duration),
                waitForReady: v.optional(v.boolean()),
              }),
            ),
            init: v.optional(
              v.strictObject({
                initContainers: v.optional(v.array(v.record(v.string(), v.unknown()))),
                timeout: v.optional(duration),
              }),
            ),
          }),
        ),
      ),
    }),
  ),
});

const drillOptions = v.strictObject({
  keep: v.optional(v.boolean()),
  data: v.optional(v.picklist(["proven", "objectsOnly"])),
});

/** The options of a restore. A property that is a field of Velero's has Velero's name. */
export const restoreOptionEntries = {
  includedNamespaces: v.optional(someNames),
  excludedNamespaces: v.optional(names),
  includedResources: v.optional(someKinds),
  excludedResources: v.optional(kinds),
  includeClusterResources: v.optional(v.boolean()),
  labelSelector: v.optional(labelSelector),
  orLabelSelectors: v.optional(someSelectors),
  namespaceMapping: v.optional(texts),
  storageClassMapping: v.optional(texts),
  restorePVs: v.optional(v.boolean()),
  preserveNodePorts: v.optional(v.boolean()),
  existingResourcePolicy: v.optional(v.picklist(["none", "update"])),
  restoreStatus: v.optional(
    v.pipe(
      v.strictObject({ includedResources: v.optional(someKinds), excludedResources: v.optional(kinds) }),
      v.check(
        ({ includedResources, excludedResources = [] }) =>
          includedResources !== undefined || excludedResources.length > 0,
        'names no kind, and the status of all of them would be restored. Leave it out, or say includedResources: ["*"]',
      ),
    ),
  ),
  resourceModifiers: v.optional(v.array(modifierRule)),
  hooks: v.optional(restoreHooks),
  itemOperationTimeout: v.optional(duration),
  uploaderConfig: v.optional(
    v.strictObject({
      writeSparseFiles: v.optional(v.boolean()),
      parallelFilesDownload: v.optional(count),
    }),
  ),
  verify: v.optional(v.boolean()),
  // For an object with an unknown value, a union would report only that no member matches.
  drill: v.optional(v.lazy((value) => (typeof value === "object" ? drillOptions : v.boolean()))),
};

export type RestoreOptions = InferEntries<typeof restoreOptionEntries>;

/** The properties that are not copied into Velero's spec unchanged. */
export const OWN_OPTIONS = [
  "namespaceMapping",
  "storageClassMapping",
  "resourceModifiers",
  "verify",
  "drill",
] as const;
