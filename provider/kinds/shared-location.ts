import * as v from "valibot";
import { checkInputs, type CommonInputs, diffBy, inputsIn, type KindOfInputs } from "../core/check.ts";
import { lineage, text } from "../core/fields.ts";
import type { Handler } from "../core/handler.ts";
import { nameOf } from "../core/identity.ts";
import type { Session } from "../session.ts";

const sharedLocationInputs: KindOfInputs<CommonInputs> = {
  schema: v.strictObject({ owner: text, adoptLineage: v.optional(lineage) }),
  computedKeys: ["lineage"],
  secretParts: () => ({}),
  expectedHealth: () => "Healthy",
  derive: ({ owner }, olds, how) => ({
    computed: { lineage: how.checked.lineageFor(owner, olds, how) },
    notices: [],
  }),
};

/**
 * The use of a location that another stack owns. It creates nothing in a cluster or store. State keeps it with the
 * lineage of the objects that this stack creates on the location.
 */
export const sharedLocation = (session: Session): Handler<CommonInputs> => ({
  check: (news, olds, how) => checkInputs(session, sharedLocationInputs, news, olds, how),
  diff: (outputs, news) => diffBy(session, outputs, news, () => ({})),
  create: (inputs) => Promise.resolve({ id: nameOf(inputs.owner), outputs: inputs }),
  update: (_id, _outputs, news) => Promise.resolve(news),
  read: (_id, outputs) =>
    Promise.resolve({ outputs, inputs: inputsIn(sharedLocationInputs, outputs, "Healthy") }),
  delete: () => Promise.resolve(),
});
