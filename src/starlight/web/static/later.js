// What the composer says of a letter that is for later. Days and times go as they were written: the node reads
// them by the clock of whose page this is.

const FIELDS = ["leave_day", "leave_time", "after", "open_day", "open_time", "open_on", "premiere_day", "premiere_time", "premiere_mode"];
const BOXES = ["hold", "not_back"];

export class Later {
  // `changed()` is called when any of it is another.
  constructor(form, changed) {
    this.form = form;
    this.box = form.querySelector(".later");
    this.box.addEventListener("change", changed);
  }

  // Only what was filled in, so that a draft without any of it is as it always was.
  written() {
    const fields = this.form.elements;
    const told = FIELDS.map((name) => [name, fields[name]?.value.trim()]);
    const ticked = BOXES.map((name) => [name, fields[name].checked]);
    return Object.fromEntries([...told, ...ticked].filter(([, value]) => value));
  }

  put(draft) {
    const fields = this.form.elements;
    for (const name of FIELDS) if (fields[name]) fields[name].value = draft[name] ?? "";
    for (const name of BOXES) fields[name].checked = Boolean(draft[name]);
    this.box.open = [...FIELDS, ...BOXES].some((name) => draft[name]);
  }
}
