// What all moving views share. A view is an element of the attribute data-otherwise, with its still form inside, in an element
// data-still: that is what is seen where no script runs. A script hides it and puts its own beside it. Views are found by their
// attribute, never by an id: any number of them may be in a page, and one of them twice.
function each(kind, build) {
  document.querySelectorAll('[data-otherwise="' + kind + '"]').forEach(function (root) {
    if (root.querySelector(":scope > [data-live]")) return;
    var still = root.querySelector(":scope > [data-still]");
    var live = make("div", "min-width:0", {"data-live": ""});
    build(root, still, live);
    // JupyterLab's own keys, such as arrows that go to the next cell, leave alone what has this attribute itself.
    live.querySelectorAll("input, button").forEach(function (control) { control.setAttribute("data-lm-suppress-shortcuts", "true"); });
    root.insertBefore(live, still.nextSibling);
    if (!root.hasAttribute("data-beside")) still.style.display = "none";
  });
}

function make(tag, style, attributes, children) {
  var node = document.createElement(tag);
  node.style.cssText = style;
  Object.keys(attributes || {}).forEach(function (name) { node.setAttribute(name, attributes[name]); });
  (children || []).forEach(function (child) { node.append(child); });
  return node;
}

// slider is a labelled range of the whole numbers from 0 to last; show(i) draws, and returns what the slider stands at, in words.
function slider(label, last, first, show) {
  var words = make("output", "font-variant-numeric:tabular-nums");
  var input = make("input", "flex:1 1 auto;min-width:60px;max-width:420px;margin:0;accent-color:#0072b2",
    {type: "range", min: 0, max: last, step: 1, value: first, "aria-label": label});
  function update() {
    var text = show(+input.value);
    words.textContent = text;
    input.setAttribute("aria-valuetext", text);
  }
  input.addEventListener("input", update);
  update();
  return {
    input: input,
    row: make("div", "display:flex;flex-wrap:wrap;gap:4px 10px;align-items:center;margin:6px 0", {}, [input, words]),
    set: function (i) { input.value = i; update(); },
  };
}

function button(text, label, press) {
  var node = make("button", "font:inherit;font-size:13px;padding:2px 9px;cursor:pointer;color:inherit;background:rgba(128,134,146,.14);" +
    "border:1px solid rgba(128,134,146,.55);border-radius:5px", {type: "button", "aria-label": label}, [text]);
  node.addEventListener("click", press);
  return node;
}
