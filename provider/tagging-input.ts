import * as v from "valibot";

/** What Velero's plugin takes (velero-plugin-for-aws, CheckTags): it calls a location with one tag Unavailable. */
export const tagging = v.pipe(
  v.record(v.string(), v.string()),
  v.check(
    (tags) => Object.keys(tags).length !== 1,
    "is one tag, and Velero's plugin for AWS takes none or several: add another",
  ),
  v.check((tags) => Object.keys(tags).length <= 10, "is more than the ten tags that S3 allows an object"),
);
