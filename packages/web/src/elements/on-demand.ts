/** What the page can do without until a person asks for it; loaded once the chat works. */
import "./agent-reading.ts";
import "./contact-list.ts";
import "./grant-editor.ts";
import "./origin-dialog.ts";
import "./why-dialog.ts";
