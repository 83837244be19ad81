each("compare", function (root, still, live) {
  var images = still.querySelectorAll("img[data-picture]");
  var width = images[0].getAttribute("width"), height = images[0].getAttribute("height");
  var layers = [0, 1].map(function (i) {
    var image = images[i].cloneNode();
    image.style.cssText += ";position:absolute;inset:0;width:100%;height:100%;max-width:none;margin:0;user-select:none";
    image.draggable = false;
    return image;
  });
  var line = make("div", "position:absolute;top:0;bottom:0;width:2px;margin-left:-1px;background:#fff;box-shadow:0 0 0 1px rgba(0,0,0,.65);pointer-events:none");
  var box = make("div", "position:relative;overflow:hidden;cursor:ew-resize;touch-action:pan-y;max-width:100%;width:" + width + "px;aspect-ratio:" + width + "/" + height, {}, [layers[0], layers[1], line]);
  var names = [root.dataset.before, root.dataset.after];
  var at = slider(names[0] + " to " + names[1], 100, 50, function (share) {
    layers[0].style.clipPath = "inset(0 " + (100 - share) + "% 0 0)";
    layers[1].style.clipPath = "inset(0 0 0 " + share + "%)";
    line.style.left = share + "%";
    return share + " % " + names[0];
  });
  function follow(event) {
    var bounds = box.getBoundingClientRect();
    at.set(Math.round(Math.max(0, Math.min(1, (event.clientX - bounds.left) / bounds.width)) * 100));
  }
  box.addEventListener("pointerdown", function (event) { box.setPointerCapture(event.pointerId); follow(event); });
  box.addEventListener("pointermove", function (event) { if (event.buttons) follow(event); });
  at.input.style.width = width + "px";
  at.input.style.flex = "0 1 auto";
  at.row.style.maxWidth = width + "px";
  live.append(make("div", "font-weight:600", {}, [root.dataset.title]), box, at.row);
});
