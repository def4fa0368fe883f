import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { Agent, SkillInfo } from "@moltbot/contracts";
import { may } from "../people/may.ts";
import type { Me } from "../people/may.ts";
import { honestText } from "../text/honest-text.ts";
import { neutralText } from "../text/neutralise.ts";
import { agentChoice, chosenAgents } from "../views/agent-choice.ts";
import { filesView } from "../views/package-report.ts";
import { problemView } from "../views/problem.ts";
import { wayView } from "../views/way.ts";
import { usedText, wordsText } from "../words-of-plugins.ts";
import { EntryList } from "./entry-list.ts";
import { onEscape } from "./form-fields.ts";

/** The skills: whose words each is, and which agents read it. */
export class SkillList extends EntryList<SkillInfo["name"]> {
  static override properties = {
    me: { attribute: false },
    agents: { attribute: false },
    skills: { attribute: false },
  };
  declare me: Me | null;
  /** Agents of one's own. */
  declare agents: readonly Agent[];
  /** Null while they are loaded. */
  declare skills: readonly SkillInfo[] | null;
  protected readonly opener = ".skills-here";
  protected readonly problemId = "skill-problem";

  constructor() {
    super();
    this.me = null;
    this.agents = [];
    this.skills = null;
  }

  protected override firstField(): string {
    return "form .choices button, form input";
  }

  readonly #submit = async (event: Event): Promise<void> => {
    const sent = this.sent(event);
    if (sent === null || sent.form === "new") return;
    const { form: name, data } = sent;
    const agents = chosenAgents(this.agents, data);
    const changed = await this.ask((call) => call("skills.change", { name, agents }), `#${this.problemId}`);
    if (changed === null) return;
    this.turn(null)();
    this.changed();
  };

  #form({ name, agents }: SkillInfo): TemplateResult {
    return html`<form
      class="whole-row stacked boxed"
      aria-label="Who reads ${name}"
      @submit=${this.#submit}
      @keydown=${onEscape(this.turn(null))}
    >
      ${agentChoice("Agents of yours that may read it", this.agents, agents)}
      ${problemView(this.problem, this.problemId)} ${this.formWays("Save")}
    </form>`;
  }

  #ways({ name }: SkillInfo): TemplateResult {
    return html`<span class="entry-ways row-ways">
      ${may(this.me, "skills.change") ? wayView("Agents", `Which agents read ${name}`, this.turn(name)) : nothing}
      ${may(this.me, "skills.remove") ? wayView("Remove", `Remove the skill ${name}`, this.leave(name), true) : nothing}
    </span>`;
  }

  #one(item: SkillInfo): TemplateResult {
    const { name, version, manifest, trusted, signer, files } = item;
    const names = this.agents.filter(({ id }) => item.agents.includes(id)).map((agent) => neutralText(agent.name));
    return html`<li class="entry package" id="skill-${name}" tabindex="-1">
      <span>
        <strong><code>${name}</code></strong> <span class="quiet">${version}</span>
        <span class="chip ${trusted ? "good-chip" : ""}">${wordsText(trusted)}</span>
      </span>
      ${this.#ways(item)}
      <span class="whole-row">${honestText(manifest.description)}</span>
      <span class="quiet whole-row">Signed by ${honestText(signer.name)}. ${usedText(names, "Read")}</span>
      <div class="whole-row">${filesView(files)}</div>
      ${
        this.leaving === name
          ? this.really(
              {
                label: `Remove ${name}?`,
                says: "It goes with every permission to read it. Agents do not find it any more.",
                yes: "Remove it",
              },
              (call) => call("skills.remove", { name }),
            )
          : nothing
      }
      ${this.form === name ? this.#form(item) : nothing}
    </li>`;
  }

  protected override render(): TemplateResult {
    const { skills } = this;
    if (skills === null) return html`<p class="quiet">Loading…</p>`;
    return html`<div class="skills-here" tabindex="-1">
        ${
          skills.length === 0
            ? html`<p class="quiet">
                None. A skill is a text that tells agents how something is done; a file is made from a folder with
                <code>./moltbot skill pack FOLDER</code>.
              </p>`
            : html`<ul class="entries" role="list">
                ${skills.map((item) => this.#one(item))}
              </ul>`
        }
      </div>
      ${this.form === null ? problemView(this.problem, this.problemId) : nothing}`;
  }
}
customElements.define("skill-list", SkillList);
