/** What the page can do without until a person asks for it; loaded once the chat works. */
import "./grant-editor.ts";
import "./why-dialog.ts";
