/** Send video files one after the other, straight from disk to the server's workspace, with progress for each. */
export default function ({ parentElement, data, setTriggerValue }) {
  const zone = parentElement.querySelector(".zone");
  const input = parentElement.querySelector("input");
  const list = parentElement.querySelector("ul");

  const send = (file, row) =>
    new Promise((resolve) => {
      const request = new XMLHttpRequest();
      request.open("POST", `/api/uploads?project=${data.project}&name=${encodeURIComponent(file.name)}`);
      request.setRequestHeader("Content-Type", "application/octet-stream");
      request.upload.onprogress = (event) => row.progress(event.loaded / Math.max(1, event.total));
      request.onerror = () => resolve(row.fail("the connection broke; drop the file again"));
      request.onload = () => {
        if (request.status === 200) return resolve(row.done());
        let reason = `the server answered ${request.status}`;
        try {
          reason = JSON.parse(request.responseText).error;
        } catch {
          // an answer of a proxy, not of the studio: its status is all there is to say
        }
        resolve(row.fail(reason));
      };
      request.send(file);
    });

  const upload = async (files) => {
    const rows = files.map((file) => line(list, file.name));
    let stored = 0;
    for (const [index, file] of files.entries()) stored += await send(file, rows[index]);
    if (stored) setTriggerValue("stored", stored);
  };

  zone.onclick = () => input.click();
  input.onchange = () => {
    upload([...input.files]);
    input.value = "";
  };
  zone.ondragover = (event) => {
    event.preventDefault();
    zone.classList.add("over");
  };
  zone.ondragleave = () => zone.classList.remove("over");
  zone.ondrop = (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    upload([...event.dataTransfer.files]);
  };
}

/** One file's row; its methods return 1 for a stored file and 0 for a refused one. */
function line(list, name) {
  const item = list.appendChild(document.createElement("li"));
  const title = item.appendChild(document.createElement("span"));
  const state = item.appendChild(document.createElement("output"));
  title.textContent = name;
  state.textContent = "waiting";
  return {
    progress: (share) => (state.textContent = `${Math.floor(100 * share)} %`),
    done: () => ((state.textContent = "stored"), 1),
    fail: (reason) => (item.classList.add("failed"), (state.textContent = reason), 0),
  };
}
