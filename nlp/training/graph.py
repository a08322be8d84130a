"""The classifier as an ONNX graph for processors, written operator by operator.

Three things make it fast: operators that ONNX Runtime computes with vector instructions (its fused layer norm with
a skip and its fused activation with a bias are scalar loops, six and two times slower than what they replace); the
last layer computes only the first token, the only one that the head reads; and the products run on 8-bit integers.

Integers without neighbours: every *row* of activations (one token) is quantised by its own largest value, so a
text's scores do not depend on the texts beside it, as they would with ONNX Runtime's dynamic quantization, which
takes one range for the whole batch. Weights have one scale per output column and use 7 of their 8 bits: processors
without VNNI add pairs of products in 16 bits, and full range would overflow there.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

Array = npt.NDArray[Any]
_OURS = "com.microsoft"
_WEIGHT_TOP, _ACTIVATION_TOP, _ACTIVATION_ZERO = 63, 127, 128


class GraphWriter:
    """Collects nodes and initialisers; every method returns the name of what it computes."""

    def __init__(self, *, int8: bool) -> None:
        """`int8` stores the products' weights and the word embeddings in 8 bits, else in float32."""
        self._int8 = int8
        self._known: dict[str, tuple[str, str]] = {}
        self._names: set[str] = set()
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, name: str, value: Array | np.generic) -> str:
        """An initialiser; one of the same name is kept once."""
        if name not in self._names:
            self._names.add(name)
            self.constants.append(numpy_helper.from_array(np.array(value, order="C"), name))
        return name

    def node(self, kind: str, inputs: list[str], output: str, domain: str = "", **attributes: Any) -> str:  # noqa: ANN401
        """One operator with one output."""
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, domain=domain, **attributes))
        return output

    def product(self, x: str, weight: Array, output: str, *, exact: bool = False) -> str:
        """`x` [rows, in] times the transpose of `weight` [out, in], as torch's Linear stores it; no bias.

        `exact` keeps float16 weights and computes in float32: for the last layer's gathering, whose weights have a
        large diagonal beside small learnt ones that 8 bits would round away.
        """
        if self._int8 and exact:
            half = self.constant(f"{output}.weight", weight.T.astype(np.float16))
            whole = self.node("Cast", [half], f"{output}.weight.real", to=TensorProto.FLOAT)
            return self.node("MatMul", [x, whole], output)
        if not self._int8:
            return self.node("MatMul", [x, self.constant(f"{output}.weight", weight.T)], output)
        whole, scale = self._in_8_bits(x)
        scales = np.abs(weight).max(1).clip(1e-12) / _WEIGHT_TOP
        small = np.round(weight.T / scales).astype(np.int8)
        inputs = [whole, self.constant(f"{output}.weight", small), self.constant("unit", np.float32(1)),
                  self.constant(f"{output}.scale", scales.astype(np.float32)),
                  self.constant("middle", np.uint8(_ACTIVATION_ZERO))]  # fmt: skip
        unscaled = self.node("MatMulIntegerToFloat", inputs, f"{output}.unscaled", _OURS)
        return self.node("Mul", [unscaled, scale], output)

    def _in_8_bits(self, x: str) -> tuple[str, str]:
        """`x` in 8 bits around 128, and each row's scale [rows, 1]; made once however many products need it."""
        if x not in self._known:
            largest = self.node(
                "ReduceMax", [self.node("Abs", [x], f"{x}.abs")], f"{x}.top", axes=[1], keepdims=0
            )
            above = self.node("Max", [largest, self.constant("tiny", np.float32(1e-9))], f"{x}.above")
            scale = self.node(
                "Mul", [above, self.constant("step", np.float32(1 / _ACTIVATION_TOP))], f"{x}.scale"
            )
            middle = self.node("Expand", [self.constant("middle", np.uint8(_ACTIVATION_ZERO)),
                                          self.node("Shape", [scale], f"{x}.rows")], f"{x}.middle")  # fmt: skip
            whole = self.node("QuantizeLinear", [x, scale, middle], f"{x}.int8", axis=0)
            column = self.node(
                "Unsqueeze", [scale, self.constant("one", np.array([1], np.int64))], f"{x}.column"
            )
            self._known[x] = whole, column
        return self._known[x]

    def words(self, ids: str, table: Array) -> str:
        """Word embeddings of `ids`."""
        if not self._int8:
            return self.node("Gather", [self.constant("words.table", table), ids], "words")
        scales = np.abs(table).max(1, keepdims=True).clip(1e-12) / 127
        small = self.constant("words.table", np.round(table / scales).astype(np.int8))
        whole = self.node("Gather", [small, ids], "words.int8")
        scale = self.node(
            "Gather", [self.constant("words.scale", scales.astype(np.float32)), ids], "words.scales"
        )
        return self.node(
            "Mul", [self.node("Cast", [whole], "words.real", to=TensorProto.FLOAT), scale], "words"
        )

    def normalised(self, x: str, skip: str, bias: Array, gamma: Array, beta: Array, output: str) -> str:
        """Layer norm of x + bias + skip."""
        biased = self.biased(x, bias, output)
        summed = self.node("Add", [biased, skip], f"{output}.summed")
        names = [
            self.constant(f"{output}.{part}", value) for part, value in (("gamma", gamma), ("beta", beta))
        ]
        return self.node("LayerNormalization", [summed, *names], output, axis=-1, epsilon=1e-12)

    def biased(self, x: str, bias: Array, output: str) -> str:
        """The sum of x and its bias."""
        return self.node("Add", [x, self.constant(f"{output}.bias", bias)], f"{output}.biased")


def write_graph(
    weights: Mapping[str, Array], config: Mapping[str, Any], path: Path, *, int8: bool, window: int
) -> None:
    """Write the graph of a `BertForSequenceClassification`.

    Args:
        weights: its state by name, as in `model.safetensors`; any float type.
        config: its `config.json`.
        path: where the .onnx goes.
        int8: 8-bit products, else float32.
        window: most tokens a row may have; positions beyond are left out.
    """
    real = {name: np.asarray(value, np.float32) for name, value in weights.items()}
    graph = GraphWriter(int8=int8)
    mask = graph.node("Cast", ["attention_mask"], "mask", to=TensorProto.INT32)
    x = _embeddings(graph, real, window)
    layers = int(config["num_hidden_layers"])
    for number in range(layers):
        layer = _Layer(graph, real, number, int(config["num_attention_heads"]))
        x = layer.write(x, mask, first_token_only=number == layers - 1)
    pooled = _linear(graph, x, real, "bert.pooler.dense", "pooled.linear")
    logits = _linear(graph, graph.node("Tanh", [pooled], "pooled"), real, "classifier", "logits")
    _save(graph, logits, len(real["classifier.bias"]), path)


def _linear(graph: GraphWriter, x: str, real: Mapping[str, Array], module: str, output: str) -> str:
    """A small layer, kept in float32: the head's own precision is worth more than its bytes."""
    parts = [graph.constant(f"{output}.{part}", real[f"{module}.{part}"]) for part in ("weight", "bias")]
    return graph.node("Gemm", [x, *parts], output, transB=1)


def _embeddings(graph: GraphWriter, real: Mapping[str, Array], window: int) -> str:
    """Words plus positions (with the one token type folded in), normalised; [rows * tokens, hidden]."""
    prefix = "bert.embeddings."
    places = (
        real[f"{prefix}position_embeddings.weight"][:window]
        + real[f"{prefix}token_type_embeddings.weight"][0]
    )
    words = graph.words("input_ids", real[f"{prefix}word_embeddings.weight"])
    zero = graph.constant("zero", np.array([0], np.int64))
    length = graph.node("Shape", ["input_ids"], "length", start=1, end=2)
    shown = graph.node("Slice", [graph.constant("places.table", places), zero, length, zero], "places")
    summed = graph.node("Add", [words, shown], "embedded")
    gamma = graph.constant("embedded.gamma", real[f"{prefix}LayerNorm.weight"])
    beta = graph.constant("embedded.beta", real[f"{prefix}LayerNorm.bias"])
    normal = graph.node("LayerNormalization", [summed, gamma, beta], "embeddings.3d", axis=-1, epsilon=1e-12)
    hidden = graph.constant("hidden", np.array([places.shape[1]], np.int64))
    batch = graph.node("Shape", ["input_ids"], "batch", start=0, end=1)
    graph.node("Concat", [batch, length, hidden], "shape.3d", axis=0)
    graph.node(
        "Concat", [batch, graph.constant("one", np.array([1], np.int64)), hidden], "shape.first", axis=0
    )
    graph.constant("shape.2d", np.array([-1, places.shape[1]], np.int64))
    return graph.node("Reshape", [normal, "shape.2d"], "embeddings")


class _Layer:
    """One encoder layer's weights and how they are computed; activations are [rows * tokens, hidden]."""

    def __init__(self, graph: GraphWriter, real: Mapping[str, Array], number: int, heads: int) -> None:
        self._graph, self._real, self._heads = graph, real, heads
        self._prefix, self._name = f"bert.encoder.layer.{number}.", f"layer{number}"

    def _part(self, name: str) -> Array:
        return self._real[self._prefix + name]

    def _normalised(self, x: str, skip: str, bias: Array, module: str, output: str) -> str:
        gamma, beta = (self._part(f"{module}.LayerNorm.{part}") for part in ("weight", "bias"))
        return self._graph.normalised(x, skip, bias, gamma, beta, output)

    def write(self, x: str, mask: str, *, first_token_only: bool) -> str:
        """The layer's output; [rows, hidden] where only the first token is asked."""
        graph, name = self._graph, self._name
        asked = self._first(x) if first_token_only else x
        seen = self._attention(x, asked, mask)
        weight = self._part("attention.output.dense.weight")
        out = graph.product(seen, weight, f"{name}.out", exact=first_token_only)
        # What is seen adds up to one, so the values' bias comes through whole: it is added here, once.
        bias = self._part("attention.output.dense.bias") + weight @ self._part("attention.self.value.bias")
        attended = self._normalised(out, asked, bias, "attention.output", f"{name}.attended")
        wide = graph.product(attended, self._part("intermediate.dense.weight"), f"{name}.wide")
        wide = graph.biased(wide, self._part("intermediate.dense.bias"), f"{name}.wide")
        wide = graph.node("Gelu", [wide], f"{name}.gelu", _OURS)
        narrow = graph.product(wide, self._part("output.dense.weight"), f"{name}.narrow")
        return self._normalised(narrow, attended, self._part("output.dense.bias"), "output", f"{name}.done")

    def _first(self, x: str) -> str:
        """The first token of each row: [rows, hidden]."""
        graph, name = self._graph, self._name
        whole = graph.node("Reshape", [x, "shape.3d"], f"{name}.3d")
        return graph.node("Gather", [whole, graph.constant("first", np.int64(0))], f"{name}.first", axis=1)

    def _attention(self, x: str, asked: str, mask: str) -> str:
        """What the asked tokens see of all: same shape as `asked`.

        Of the biases only the query's is added: the key's moves all scores of a token alike, which changes nothing.
        """
        graph, name = self._graph, self._name
        weights = [self._part(f"attention.self.{part}.weight") for part in ("query", "key", "value")]
        size = len(weights[0])
        if asked == x:
            query, *seen = self._split(graph.product(x, np.concatenate(weights), f"{name}.qkv"), 3, size)
        else:
            query = graph.product(asked, weights[0], f"{name}.query")
            seen = self._split(
                graph.product(x, np.concatenate(weights[1:]), f"{name}.kv", exact=True), 2, size
            )
        query = graph.biased(query, self._part("attention.self.query.bias"), query)
        shapes = ["shape.3d" if asked == x else "shape.first", "shape.3d", "shape.3d"]
        inputs = [
            graph.node("Reshape", [part, shape], f"{part}.3d")
            for part, shape in zip([query, *seen], shapes, strict=True)
        ]
        heads = graph.node(
            "MultiHeadAttention", [*inputs, "", mask], f"{name}.heads", _OURS, num_heads=self._heads
        )
        return graph.node("Reshape", [heads, "shape.2d"], f"{name}.seen")

    def _split(self, packed: str, parts: int, size: int) -> list[str]:
        outputs = [f"{self._name}.{part}" for part in range(parts)]
        sizes = self._graph.constant(f"sizes.{parts}", np.array([size] * parts, np.int64))
        self._graph.nodes.append(
            helper.make_node("Split", [packed, sizes], outputs, name=f"{packed}.split", axis=1)
        )
        return outputs


def _save(graph: GraphWriter, logits: str, width: int, path: Path) -> None:
    """Write the graph with its inputs and its output."""
    shape = ["rows", "tokens"]
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, shape)
        for name in ("input_ids", "attention_mask")
    ]
    output = helper.make_tensor_value_info(logits, TensorProto.FLOAT, ["rows", width])
    proto = helper.make_graph(graph.nodes, "ressenti", inputs, [output], graph.constants)
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid(_OURS, 1)]
    model = helper.make_model(proto, opset_imports=opsets, producer_name="ressenti", ir_version=9)
    path.write_bytes(model.SerializeToString())
