import { parsed } from "../../support/people.ts";
import type { Said } from "../../support/people.ts";
import { RELATIONS, ROLE_OF, outcomeOf } from "./oracle.ts";
import { REFUSALS } from "./refusals.ts";
import { targetOf } from "./run-matrix.ts";
import type { Findings } from "./run-matrix.ts";
import { foreignIn } from "./what-is-theirs.ts";
import type { Actor } from "./actors.ts";
import type { World } from "./world.ts";

const ask = async (world: World, actor: Actor, path: string, body?: unknown): Promise<Said> => {
  const answer = await fetch(`${world.url}/openai/v1/${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: {
      ...(actor.token === null ? {} : { authorization: `Bearer ${actor.token}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  const json = parsed(text);
  // Who is shut out is told so at the gate, which knows no surfaces: its code stands at the top.
  const [code = "?"] = [...text.matchAll(/"code":"([A-Z_]+)"/g)].map(([, found]) => found);
  return { status: answer.status, text, json, code: answer.ok ? null : code };
};

const outcomeIn = ({ code, status, text }: Said): string => {
  if (code === null) return "yes";
  // To this surface an agent that is not there is a model that is not.
  if (code === "MODEL_UNKNOWN") return "hidden";
  return REFUSALS[code] ?? `${String(status)} ${code} ${text.slice(0, 160)}`;
};

/** The same people at the door for clients of OpenAI's protocol: which agents are models for whom, and who may talk to which. */
export const openAiFindings = async (world: World): Promise<Findings> => {
  const leaks: string[] = [];
  const wrong: string[] = [];
  let cells = 0;
  const judge = (actor: Actor, what: string, expected: string, said: Said, input: string): void => {
    cells += 1;
    const found = outcomeIn(said);
    const cell = `${actor.name} ${what} by openai: ${found}, not ${expected}`;
    if (found === "yes" && expected !== "yes") leaks.push(cell);
    else if (found !== expected) wrong.push(`${cell} ${said.text.slice(0, 160)}`);
    const foreign = foreignIn(world, actor, "agents.list", input, said.text);
    if (foreign.length > 0) leaks.push(`${actor.name} ${what} by openai shows ${foreign.join(", ")}`);
  };
  for (const actor of world.actors) {
    const listed = await ask(world, actor, "models");
    const none = { actor: actor.name, relation: "none", surface: "token" } as const;
    judge(actor, "models none", outcomeOf("agents.list", none), listed, "");
    if (listed.code === null && ROLE_OF[actor.name] !== null)
      for (const shared of [world.bob, world.eve, world.dan])
        if (!listed.text.includes(`agent of ${shared.name}`))
          wrong.push(`${actor.name} misses the agent of ${shared.name}`);
    for (const relation of RELATIONS) {
      const { agentId } = targetOf(world, actor, relation).things;
      const expected = outcomeOf("messages.send", { actor: actor.name, relation, surface: "token" });
      const said = await ask(world, actor, "chat/completions", {
        model: agentId,
        messages: [{ role: "user", content: "hi" }],
      });
      judge(actor, `chat ${relation}`, expected, said, agentId);
    }
  }
  return { cells, leaks, wrong };
};
