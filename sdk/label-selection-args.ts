import type { Input } from "@pulumi/pulumi";

/** Selects objects by their labels: those that match one selector, or any of several. */
export type LabelSelectionArgs =
  | {
      /**
       * The selector that objects have to match. Not together with `orLabelSelectors`.
       *
       * @default every object
       */
      labelSelector?: Input<LabelSelectorArgs>;
      /** Objects have to match at least one of these selectors. Not together with `labelSelector`. */
      orLabelSelectors?: undefined;
    }
  | {
      /** The selector that objects have to match. Not together with `orLabelSelectors`. */
      labelSelector?: undefined;
      /**
       * Objects have to match at least one of these selectors. Not together with `labelSelector`.
       *
       * @default every object
       */
      orLabelSelectors?: Input<Input<LabelSelectorArgs>[]>;
    };

/** A Kubernetes label selector. All of its requirements have to be met. */
export interface LabelSelectorArgs {
  /**
   * Required values of labels, by label.
   *
   * @default no requirement
   */
  matchLabels?: Input<Record<string, Input<string>>>;
  /**
   * Requirements that are more than the value of a label.
   *
   * @default no requirement
   */
  matchExpressions?: Input<Input<LabelRequirementArgs>[]>;
}

/** One requirement of a label selector: `{ key: "tier", operator: "In", values: ["web", "db"] }`. */
export interface LabelRequirementArgs {
  /** The label. */
  key: Input<string>;
  /** Condition for the label: it has one of the `values`, none of them, it exists, or it does not exist. */
  operator: Input<"In" | "NotIn" | "Exists" | "DoesNotExist">;
  /**
   * Values of the label. Only with `In` and `NotIn`.
   *
   * @default none
   */
  values?: Input<Input<string>[]>;
}
