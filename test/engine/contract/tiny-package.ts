// A package with one dynamic resource whose behaviour its inputs decide. It writes every call into `calls.jsonl` in the
// program's folder, and takes what the world looks like from `world.json` there: { [name]: { health, gone, readFails } }.

const provider = String.raw`
const fs = require("fs");
const SENTINEL = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
let configured;
function record(call) {
  fs.appendFileSync("calls.jsonl", JSON.stringify({ at: Date.now(), pid: process.pid, ...call }) + "\n");
}
function world(name) {
  try { return JSON.parse(fs.readFileSync("world.json", "utf8"))[name] ?? {}; } catch { return {}; }
}
function checksOf(name) {
  const lines = fs.readFileSync("checks.txt", "utf8").split("\n");
  return lines.filter((line) => line === name).length;
}
async function behave(inputs, method) {
  const fail = inputs.fail ?? "";
  if (inputs.delayMs) await new Promise((resolve) => setTimeout(resolve, inputs.delayMs));
  if (fail === method) throw new Error(inputs.name + " cannot be made");
  if (fail === method + " partly") {
    const properties = { ...inputs, state: "half" };
    throw Object.assign(new Error("not shown"), { id: "id-" + inputs.name, properties, reasons: [inputs.name + " is ill"] });
  }
}
exports.create = () => ({
  configure(request) {
    configured = request.config.get("greeting");
  },
  async check(olds, news) {
    record({ method: "check", name: news.name, olds, news });
    fs.appendFileSync("checks.txt", news.name + "\n");
    const failures = (news.refuse ?? []).map(([property, reason]) => ({ property, reason }));
    const serial = olds.serial ?? "check-" + checksOf(news.name);
    return { inputs: { ...news, serial, health: "Healthy" }, failures };
  },
  async diff(id, olds, news) {
    record({ method: "diff", name: news.name, id, olds, news });
    if (news.says !== undefined) return { changes: news.says };
    const replaces = ["size", "of"].filter((key) => JSON.stringify(olds[key]) !== JSON.stringify(news[key]));
    return { replaces: replaces.filter((key) => key !== "of" || news.strict), deleteBeforeReplace: news.deleteFirst === true };
  },
  async create(inputs) {
    record({ method: "create", name: inputs.name, inputs, greeting: configured });
    await behave(inputs, "create");
    record({ method: "created", name: inputs.name });
    return { id: "id-" + inputs.name, outs: { ...inputs, state: "made", derived: "from-" + JSON.stringify(inputs.token ?? null) } };
  },
  async update(id, olds, news) {
    record({ method: "update", name: news.name, id, olds, news });
    await behave(news, "update");
    return { outs: { ...news, state: "updated", derived: olds.derived ?? "" } };
  },
  async read(id, props) {
    record({ method: "read", name: props.name, id });
    const found = world(props.name);
    if (found.readFails) throw new Error(props.name + " cannot be read");
    if (found.gone) return {};
    const { state, derived, ...inputs } = props;
    const health = found.health ?? "Healthy";
    return { id, props: { ...props, health, state: found.state ?? state }, inputs: { ...inputs, health } };
  },
  async delete(id, props) {
    record({ method: "delete", name: props.name, id });
    console.log("deleting " + id);
    if (props.fail === "delete") throw new Error(props.name + " cannot be deleted");
  },
});
`;

const sdk = String.raw`
const pulumi = require("@pulumi/pulumi");
exports.type = "pulumi-nodejs:dynamic/tiny:Thing";
exports.Thing = class extends pulumi.CustomResource {
  constructor(name, args = {}, options) {
    const outputs = { state: undefined, derived: undefined, serial: undefined, health: undefined };
    const __provider = 'exports.handler=()=>require("tiny/provider").create("Thing");';
    super(exports.type, name, { name, ...outputs, ...args, __provider }, options);
  }
};
exports.Group = class extends pulumi.ComponentResource {
  constructor(name, make, options) {
    super("tiny:index:Group", name, {}, options);
    this.members = make({ parent: this });
    this.registerOutputs({ count: 1 });
  }
};
`;

export const tinyPackage: Record<string, string> = {
  "node_modules/tiny/package.json": '{ "name": "tiny", "version": "1.0.0" }',
  "node_modules/tiny/provider.js": provider,
  "node_modules/tiny/index.js": sdk,
};
