import { CallId, err, joinLabels, label, moltbotError } from "@moltbot/contracts";
import type { AccessScope, JsonObject, Label, Result, ToolCall, ToolOutcome, Verdict } from "@moltbot/contracts";
import type { Guard } from "@moltbot/core/guard";
import type { PluginHostPorts } from "@moltbot/execution/plugins";
import type { House } from "../house.ts";
import { refuseCall } from "../refuse-call.ts";
import { refusedForCanary } from "../signals.ts";
import { runAllowed } from "../spine.ts";
import type { Ran } from "../spine.ts";

type Calling = Pick<
  House,
  "store" | "tools" | "audit" | "events" | "log" | "canaries" | "guardOf" | "ids" | "takenAway"
>;

/** The call that a plugin asks for, as one of the agent that called the plugin, chosen by nobody in the house. */
const callWithin = (
  { ids }: Calling,
  within: ToolCall,
  plugin: Label,
  wish: { readonly tool: string; readonly args: JsonObject },
): ToolCall => {
  // A plan and labels of single arguments are the outer call's own: what the plugin chose has neither.
  const { planned: _planned, values: _values, ...call } = within;
  return {
    ...call,
    id: ids.next(CallId),
    tool: wish.tool,
    arguments: wish.args,
    label: joinLabels(within.label, joinLabels(plugin, label("untrusted", "public"))),
  };
};

/** What would be a question to a person is a refusal: a plugin must not make people answer for it. */
const instead = (
  tool: string,
  { rule, nearest }: Extract<Verdict, { kind: "ask" }>,
): Extract<Verdict, { kind: "deny" }> => ({
  kind: "deny",
  rule,
  nearest,
  error: moltbotError("CAPABILITY_MISSING", { tool, grant: `${tool}, without a question` }),
});

const outcomeOf = (ran: Result<Ran>): Result<ToolOutcome> => {
  if (!ran.ok) return ran;
  return ran.value.kind === "ran" ? ran.value.outcome : err(ran.value.error);
};

const refused = async (
  house: Calling,
  guard: Guard,
  scope: AccessScope,
  call: ToolCall,
  verdict: Extract<Verdict, { kind: "deny" }>,
): Promise<Result<never>> => {
  const said = await refuseCall(house, guard, scope, call, verdict);
  return said.ok ? err(verdict.error) : said;
};

/**
 * A tool of the house on the way of a plugin's own call: decided, recorded, run and recorded like any other of the same agent, with
 * nothing of the person's words to endorse it. Tools of plugins are none of the house: one never calls another, nor itself.
 */
export const callToolFor =
  (house: Calling): PluginHostPorts["callTool"] =>
  async (scope, within, plugin, tool, args, signal) => {
    const manifest = house.tools.catalog().find(({ name }) => name === tool);
    if (manifest === undefined) return err(moltbotError("TOOL_UNKNOWN", { tool }));
    if (manifest.plugin !== undefined)
      return err(moltbotError("PLUGIN_MAY_NOT", { plugin: plugin.name, need: "to call a tool of a plugin" }));
    const agent = await house.store.agents.find(scope, within.agentId);
    if (!agent.ok) return agent;
    const guard = house.guardOf(agent.value);
    const call = callWithin(house, within, plugin.label, { tool, args });
    const verdict = refusedForCanary(house, call) ?? (await guard.consider(scope, call, []));
    if (!verdict.ok) return verdict;
    switch (verdict.value.kind) {
      case "allow":
        return outcomeOf(await runAllowed(house, guard, scope, call, verdict.value, { stated: [], signal }));
      case "ask":
        return refused(house, guard, scope, call, instead(tool, verdict.value));
      case "deny":
        return refused(house, guard, scope, call, verdict.value);
    }
  };
