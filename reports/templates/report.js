// What the page of a run does: a click on a head sorts its table, largest first, and again the other way.
const sortBy = head => {
  const column = head.cellIndex, table = head.closest("table"), body = table.tBodies[0];
  const down = head.getAttribute("aria-sort") !== "descending";
  for (const other of table.querySelectorAll("[aria-sort]")) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  const key = row => row.cells[column].dataset.sort;
  const order = (a, b) => column ? key(b) - key(a) : key(b).localeCompare(key(a));
  [...body.rows].sort((a, b) => (down ? 1 : -1) * order(a, b)).forEach(row => body.append(row));
};
for (const head of document.querySelectorAll("th[scope=col]")) {
  head.addEventListener("click", () => sortBy(head));
  head.addEventListener("keydown", event => { if (event.key === "Enter") sortBy(head); });
}
