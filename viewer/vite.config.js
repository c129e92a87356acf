// Builds one script that the pages import, and the notices of all that is in it.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "vite";

const NIIVUE = `BSD 2-Clause License

Copyright (c) 2021, NiiVue

Redistribution and use in source and binary forms, with or without
modification, are permitted provided that the following conditions are met:

1. Redistributions of source code must retain the above copyright notice, this
   list of conditions and the following disclaimer.

2. Redistributions in binary form must reproduce the above copyright notice,
   this list of conditions and the following disclaimer in the documentation
   and/or other materials provided with the distribution.

THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS"
AND ANY EXPRESS OR IMPLIED WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE
IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE ARE
DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR CONTRIBUTORS BE LIABLE
FOR ANY DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR CONSEQUENTIAL
DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR
SERVICES; LOSS OF USE, DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER
CAUSED AND ON ANY THEORY OF LIABILITY, WHETHER IN CONTRACT, STRICT LIABILITY,
OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE
OF THIS SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.
`;

const notices = () => {
  const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8"));
  const parts = [];
  for (const [folder, facts] of Object.entries(packages)) {
    if (!folder || facts.dev || !existsSync(folder)) continue;
    const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
    const text = file ? readFileSync(join(folder, file), "utf8") : folder.endsWith("/niivue") ? NIIVUE : "";
    parts.push(`${folder.replace(/^.*node_modules\//, "")} ${facts.version} (${facts.license})\n\n${text}`);
  }
  return parts.join(`\n${"-".repeat(72)}\n`);
};

export default defineConfig({
  build: {
    outDir: "../src/medspatial/view/built",
    emptyOutDir: true,
    target: "es2022",
    lib: { entry: "src/stage.js", formats: ["es"], fileName: () => "viewer.js" },
  },
  plugins: [
    {
      name: "notices",
      generateBundle() {
        this.emitFile({ type: "asset", fileName: "LICENSES.txt", source: notices() });
      },
    },
  ],
});
