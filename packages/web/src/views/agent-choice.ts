import { html } from "lit";
import type { TemplateResult } from "lit";
import type { Agent, AgentId } from "@moltbot/contracts";
import { honestText } from "../text/honest-text.ts";

/** Agents of one's own to tick. */
export const agentChoice = (legend: string, agents: readonly Agent[], ticked: readonly AgentId[]): TemplateResult =>
  agents.length === 0
    ? html`<p class="quiet">You have no agent of your own yet.</p>`
    : html`<fieldset class="checks">
        <legend>${legend}</legend>
        ${agents.map(
          ({ id, name }) =>
            html`<label
              ><input type="checkbox" name="agent-${id}" value="yes" ?checked=${ticked.includes(id)} /><span
                >${honestText(name)}</span
              ></label
            >`,
        )}
      </fieldset>`;

/** The agents that were ticked. */
export const chosenAgents = (agents: readonly Agent[], data: FormData): AgentId[] =>
  agents.map(({ id }) => id).filter((id) => data.get(`agent-${id}`) !== null);
