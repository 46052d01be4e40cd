import type { LifecycleRule } from "./object-store.ts";

/** As AWS's client gives it. MinIO's makes numbers of what looks like one, and no list of what stands there once. */
export interface S3LifecycleRule {
  ID?: Text;
  Status?: string | undefined;
  /** Where rules of the first kind had it. */
  Prefix?: Text;
  Filter?: (Filter & { And?: Filter | undefined }) | undefined;
  Expiration?: When | undefined;
  Transitions?: Transition[] | undefined;
  /** MinIO's client */
  Transition?: Transition | Transition[];
}

type Text = string | number | undefined;

interface Filter {
  Prefix?: Text;
  Tag?: Tag | Tag[] | undefined;
  Tags?: Tag[] | undefined;
}

interface Tag {
  Key?: Text;
  Value?: Text;
}

interface When {
  Days?: number | undefined;
  Date?: Date | string | undefined;
}

interface Transition extends When {
  StorageClass?: string | undefined;
}

interface OurObjects {
  /** What Velero's objects are tagged with. */
  tags?: Record<string, string> | undefined;
  /** Storage classes out of which an object must be thawed. */
  archives: readonly string[];
}

/** The rules that are in force for live objects such as Velero writes. */
export function lifecycleIn(
  rules: S3LifecycleRule | S3LifecycleRule[] | undefined,
  { tags = {}, archives }: OurObjects,
): LifecycleRule[] {
  return listed(rules)
    .filter(({ Status, Filter }) => Status === "Enabled" && tagsOf(Filter).every(isOn(tags)))
    .flatMap((rule) => {
      const about = {
        ...(rule.ID !== undefined && { name: String(rule.ID) }),
        prefix: String(rule.Filter?.And?.Prefix ?? rule.Filter?.Prefix ?? rule.Prefix ?? ""),
      };
      const archived = listed(rule.Transitions ?? rule.Transition).filter(({ StorageClass = "" }) =>
        archives.includes(StorageClass),
      );
      return [
        ...archived.map((transition) => ({ ...about, does: "archives" as const, ...whenOf(transition) })),
        // An Expiration without a time only tidies up delete markers.
        ...(rule.Expiration && Object.keys(whenOf(rule.Expiration)).length > 0
          ? [{ ...about, does: "deletes" as const, ...whenOf(rule.Expiration) }]
          : []),
      ];
    });
}

const whenOf = ({ Days, Date: date }: When): Pick<LifecycleRule, "days" | "on"> => ({
  ...(Days !== undefined && { days: Days }),
  ...(date !== undefined && { on: new Date(date).toISOString().slice(0, 10) }),
});

const tagsOf = (filter: S3LifecycleRule["Filter"]): Tag[] => [
  ...listed(filter?.Tag),
  ...listed(filter?.And?.Tag),
  ...listed(filter?.And?.Tags),
];

const isOn =
  (tags: Record<string, string>) =>
  ({ Key = "", Value = "" }: Tag): boolean =>
    tags[String(Key)] === String(Value);

const listed = <T>(value: T | T[] | undefined): T[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];
