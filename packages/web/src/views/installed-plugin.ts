import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { PluginInfo } from "@moltbot/contracts";
import { neutralText } from "../text/neutralise.ts";
import { EXAMPLE_COMMAND } from "../words-of-plugins.ts";
import { countText } from "../words.ts";
import { command } from "./command.ts";
import { icon } from "./icons.ts";
import { authorWords, limitsView, plainLines, pluginTools } from "./plugin-tools.ts";

/** What of an installed plugin is folded: its tools, its limits, and what runs of it. */
export const pluginMore = (plugin: PluginInfo): TemplateResult => {
  const { manifest, effect, digest, processes } = plugin;
  return html`<div class="whole-row">
    <details class="fold">
      <summary>${icon("chevron")}${countText(manifest.tools.length, "tool")}</summary>
      ${pluginTools(manifest, effect)}
    </details>
    <details class="fold">
      <summary>${icon("chevron")}Advanced</summary>
      ${authorWords(manifest)} ${limitsView(manifest)}
      <h5>What runs</h5>
      <p class="quiet">
        ${processes === 0 ? "Nothing at this moment: it begins when it is called." : `${countText(processes, "process", "processes")}, one for each set of people who may read what it was told.`}
        The installed file is SHA-256 <code>${digest}</code>.
      </p>
    </details>
  </div>`;
};

/** What plugins are, while there is none; where the examples are, for whoever may install one. */
export const noPlugins = (mayInstall: boolean): TemplateResult =>
  html`<p>
      None yet. A plugin is a small program by somebody else that gives agents a new tool. It runs behind a wall: it
      reaches what you saw on its card before you installed it, and nothing else.
    </p>
    ${
      mayInstall
        ? html`<p class="quiet">Three examples come with Moltbot. The first of them:</p>
            ${command(EXAMPLE_COMMAND)}`
        : nothing
    }`;

/** What can be done with an update that waits, by whoever may. */
interface WaitingWays {
  readonly mayAccept: boolean;
  readonly busy: boolean;
  readonly accept: () => void;
  readonly refuse: () => void;
}

/** An update that waits: what it may do beyond the installed one, and the two ways out. */
export const waitingUpdate = (
  { manifest, version: installed }: PluginInfo,
  { version, widens }: NonNullable<PluginInfo["waiting"]>,
  { mayAccept, busy, accept, refuse }: WaitingWays,
): TemplateResult => {
  const title = neutralText(manifest.title);
  return html`<div class="widens whole-row" role="group" aria-label="The update of ${title} that waits">
    <p><strong>Version ${version} waits for you.</strong> This is new in it:</p>
    ${plainLines(widens)}
    ${
      mayAccept
        ? html`<div class="choices">
            <button
              type="button"
              class="button"
              aria-label="Accept ${version} of ${title}"
              ?disabled=${busy}
              @click=${accept}
            >
              Accept
            </button>
            <button
              type="button"
              class="button"
              aria-label="Refuse ${version} of ${title}"
              ?disabled=${busy}
              @click=${refuse}
            >
              Refuse
            </button>
          </div>`
        : html`<p class="quiet">The owner accepts or refuses it; until then ${installed} goes on.</p>`
    }
  </div>`;
};
