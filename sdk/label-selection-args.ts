import type { Input } from "@pulumi/pulumi";

/** Which objects, by their labels: what one selector matches, or what any of several does. */
export type LabelSelectionArgs =
  | {
      /**
       * The selector that objects have to match. Not together with `orLabelSelectors`.
       *
       * @default every object
       */
      labelSelector?: Input<LabelSelectorArgs>;
      /**
       * Selectors of which objects have to match one. Not together with
       * `labelSelector`.
       */
      orLabelSelectors?: undefined;
    }
  | {
      /** The selector that objects have to match. Not together with `orLabelSelectors`. */
      labelSelector?: undefined;
      /**
       * Selectors of which objects have to match one. Not together with `labelSelector`.
       *
       * @default every object
       */
      orLabelSelectors?: Input<Input<LabelSelectorArgs>[]>;
    };

/** A label selector of Kubernetes: all of its requirements have to be met. */
export interface LabelSelectorArgs {
  /**
   * Label → value.
   *
   * @default no requirement
   */
  matchLabels?: Input<Record<string, Input<string>>>;
  /**
   * Requirements that say more than that a label has a value.
   *
   * @default no requirement
   */
  matchExpressions?: Input<Input<LabelRequirementArgs>[]>;
}

/** One requirement of a label selector: `{ key: "tier", operator: "In", values: ["web", "db"] }`. */
export interface LabelRequirementArgs {
  /** The label. */
  key: Input<string>;
  /** What is asked of the label: one of the `values`, none of them, that it is there, or that it is not. */
  operator: Input<"In" | "NotIn" | "Exists" | "DoesNotExist">;
  /**
   * With `In` and `NotIn` only.
   *
   * @default none
   */
  values?: Input<Input<string>[]>;
}
