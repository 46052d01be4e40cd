import * as v from "valibot";
import { isUnknown } from "./values.ts";
import type { InferEntries } from "./validate.ts";

type Kind = "label" | "annotation";

/** Kubernetes limits the total size of an object's annotations. */
const ANNOTATIONS_BYTES = 256 * 1024;
const LONGEST_NAME = 63;
const LONGEST_DOMAIN = 253;

const WORD = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const DOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/**
 * Checks each entry by Kubernetes' rules (k8s.io/apimachinery `pkg/util/validation`, IsQualifiedName and
 * IsValidLabelValue).
 */
const tags = (kind: Kind): v.GenericSchema<unknown, Record<string, string>> =>
  v.pipe(
    v.record(v.string(), v.unknown()),
    v.rawCheck(({ dataset, addIssue }) => {
      if (!dataset.typed) return;
      for (const [name, value] of Object.entries(dataset.value)) {
        for (const message of [nameProblem(kind, name), valueProblem(kind, name, value)])
          if (message !== undefined) addIssue({ message });
      }
      const bytes = Buffer.byteLength(Object.entries(dataset.value).flat().map(String).join(""));
      if (kind === "annotation" && bytes > ANNOTATIONS_BYTES)
        addIssue({
          message: `are ${bytes} bytes, names included; Kubernetes allows an object ${ANNOTATIONS_BYTES}`,
        });
    }),
  ) as v.GenericSchema<unknown, Record<string, string>>;

/** The schemas of `labels` and `annotations`, for every kind that creates objects. */
export const metadataEntries = {
  labels: v.optional(tags("label")),
  annotations: v.optional(tags("annotation")),
};

export type UserMetadata = InferEntries<typeof metadataEntries>;

function nameProblem(kind: Kind, name: string): string | undefined {
  if (isReserved(name))
    return `"${name}" has a domain by which Velero or this project finds its objects. Use a domain of your own`;
  // The API server compares the names of annotations in lower case.
  const [word = "", domain, ...others] = (kind === "label" ? name : name.toLowerCase())
    .split("/")
    .toReversed();
  const isDomain = domain === undefined || (domain.length <= LONGEST_DOMAIN && DOMAIN.test(domain));
  if (others.length === 0 && isDomain && word.length <= LONGEST_NAME && WORD.test(word)) return undefined;
  return (
    `"${name}" is no name of ${kind === "label" ? "a label" : "an annotation"}: that is at most ${LONGEST_NAME} letters, digits, -, _ ` +
    "and ., with a letter or digit at each end, after a domain and a slash if need be: example.com/team"
  );
}

function valueProblem(kind: Kind, name: string, value: unknown): string | undefined {
  if (isUnknown(value)) return undefined;
  if (typeof value !== "string") return `"${name}" has a value that is no string; put it in quotes`;
  if (kind === "annotation" || value === "") return undefined;
  if (value.length <= LONGEST_NAME && WORD.test(value)) return undefined;
  return (
    `"${name}" has a value that no label takes: that is at most ${LONGEST_NAME} letters, digits, -, _ and ., with a letter or ` +
    "digit at each end. An annotation takes any text"
  );
}

const RESERVED = ["velero.io", "pulumi-velero.io"];

/** Returns true if Velero or this project uses labels and annotations with that name. */
export function isReserved(name: string): boolean {
  const prefix = name.includes("/") ? (name.split("/")[0]?.toLowerCase() ?? "") : "";
  return RESERVED.some((domain) => prefix === domain || prefix.endsWith(`.${domain}`));
}
