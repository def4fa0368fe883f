/**
 * The OpenAI-compatible surface, as the gateway answers it. Without tools of the client a request is a turn of an agent, in a
 * conversation of its own, like any other message of this person. With them it is one answer of the agent's model to the client's own
 * words: no memory, no conversation and no tool of ours is in it, and a call goes back to the client. It never takes what a client
 * says of earlier turns for ours, and never runs a tool. The listener calls it.
 */
import type { OpenAiHandlers } from "@moltbot/ingress/http";
import { chatAsTurn } from "./chat-as-turn.ts";
import { completions } from "./complete-with-tools.ts";
import { agentNamed, modelNames } from "./name-agents.ts";
import type { OpenAiPorts } from "./ports.ts";

/** The handlers of the surface; one for the gateway's whole life, because it counts what runs. */
export const createOpenAi = (ports: OpenAiPorts): OpenAiHandlers => {
  const complete = completions(ports);
  return {
    models: ({ principal }) => modelNames(ports.operations.house, principal),
    chat: async (context, request, emit) => {
      const agent = await agentNamed(ports.operations.house, context.principal, request.model);
      if (!agent.ok) return agent;
      return request.tools.length === 0
        ? chatAsTurn(ports, context, agent.value, request, emit)
        : complete(context, agent.value, request, emit);
    },
  };
};
