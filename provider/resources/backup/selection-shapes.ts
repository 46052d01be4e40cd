import * as v from "valibot";
import * as schemas from "../../inputs.ts";
import { isUnknown } from "../../lifecycle/unknown.ts";
import { kindWordProblem } from "../kinds/kind-word-problem.ts";

// The selections of backups and of restores share these shapes.

export const names = v.array(schemas.text);

export const kind = v.pipe(
  schemas.text,
  v.rawCheck(({ dataset, addIssue }) => {
    const message = dataset.typed && !isUnknown(dataset.value) ? kindWordProblem(dataset.value) : undefined;
    if (message !== undefined) addIssue({ message });
  }),
);

/** Kinds that are left out: none is a good answer. */
export const kinds = v.array(kind);

const EMPTY = "is empty, which Velero reads as all of them. Leave it out for all, or name what is meant";

/** For Velero an empty list is one that was left out: of what it limits, it then takes everything. */
export const someOf = <Item extends v.GenericSchema>(item: Item) =>
  v.pipe(v.array(item), v.minLength(1, EMPTY));

/** An empty map of labels is no limit either. */
export const labels = v.pipe(
  v.record(v.string(), v.string()),
  v.check((value) => Object.keys(value).length > 0, EMPTY),
);

export const someNames = someOf(schemas.text);
export const someKinds = someOf(kind);

const selectorEntries = v.strictObject({
  matchLabels: v.optional(labels),
  matchExpressions: v.optional(
    someOf(
      v.pipe(
        v.strictObject({
          key: schemas.text,
          operator: v.picklist(["In", "NotIn", "Exists", "DoesNotExist"]),
          values: v.optional(v.array(v.string())),
        }),
        v.check(
          ({ operator, values = [] }) => isUnknown(operator) || operator.endsWith("In") === values.length > 0,
          "needs `values` with In and NotIn, and takes none with Exists and DoesNotExist",
        ),
      ),
    ),
  ),
});

/** An empty one matches everything, and Velero's server cannot list by it (`metav1.FormatLabelSelector`). */
export const labelSelector = v.pipe(
  selectorEntries,
  v.check(
    ({ matchLabels, matchExpressions }) => matchLabels !== undefined || matchExpressions !== undefined,
    "has no requirement, and everything would match. Leave it out, or say `matchLabels` or `matchExpressions`",
  ),
);

export const someSelectors = someOf(labelSelector);

/** Which objects a hook is for, of a backup as of a restore. */
export const hookSelection = {
  name: schemas.text,
  includedNamespaces: v.optional(someNames),
  excludedNamespaces: v.optional(names),
  includedResources: v.optional(someKinds),
  excludedResources: v.optional(kinds),
  labelSelector: v.optional(labelSelector),
};
