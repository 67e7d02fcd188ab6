/** Ask a stranger's name, let the server sign it into a cookie, and start again as that annotator. */
export default function ({ parentElement }) {
  const form = parentElement.querySelector("form");
  const name = form.querySelector("input");
  const problem = form.querySelector("[role=alert]");
  form.onsubmit = async (event) => {
    event.preventDefault();
    problem.textContent = "";
    try {
      const answer = await fetch("/api/identity", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ name: name.value }),
      });
      if (answer.ok) window.location.reload();
      else problem.textContent = (await answer.json()).error;
    } catch {
      problem.textContent = "The server did not answer. Is it still running?";
    }
  };
  name.focus();
}
