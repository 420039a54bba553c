import Encodings
import Randomness
import Strategies
import Tensors
import Testing

@Suite struct CompressionTests {
    static let compressions: [Compression] = [
        .none, .int8, .stochastic(levels: 1), .stochastic(levels: 4), .stochastic(levels: 127),
        .stochastic(levels: 32_767), .topK(share: 0.01), .topK(share: 0.3), .topK(share: 1),
        .randomMask(share: 0.1), .randomMask(share: 1),
    ]

    /// Three tensors, one of them a single number, not in the order of their names.
    static func layout() throws -> ParameterLayout {
        try ParameterLayout([("weight", [70, 90]), ("bias", [70]), ("scale", [])])
    }

    static func update(_ random: inout SeededRandom, _ layout: ParameterLayout) -> [Float] {
        (0..<layout.count).map { _ in Float(random.normalNumber()) }
    }

    static func decoded(
        _ file: Safetensors, _ compression: Compression, _ layout: ParameterLayout,
        seed: UInt64 = 0
    ) throws -> [Float] {
        try UpdateDecoder(compression, layout: layout, seed: seed)
            .contents(of: SafetensorsFile(file.bytes)).delta.parameters()
    }

    @Test("A compression comes back from its JSON as it was")
    func json() throws {
        for compression in Self.compressions {
            let text = compression.json.canonicalText
            #expect(try Compression(json: JSONValue(parsing: Array(text.utf8))) == compression)
        }
        let wrong: [(JSONValue, String)] = [
            ([:], "compression.kind is missing"),
            (["kind": "zip"], "compression.kind should be one of"),
            (["kind": "none", "share": 1], "compression.share is not a known field"),
            (["kind": "topK", "share": 0], "compression.share should be above 0"),
            (["kind": "randomMask", "share": .number(1.5)], "compression.share should be above 0"),
            (["kind": "qsgd", "levels": 32_768], "compression.levels should be from 1 to 32767"),
        ]
        for (json, problem) in wrong {
            let error = try #require(throws: JSONShapeError.self) {
                try Compression(json: json, at: "compression")
            }
            #expect("\(error)".contains(problem))
        }
    }

    @Test(
        "What is sent is what is read, within what the compression promises",
        arguments: compressions)
    func roundTrip(compression: Compression) throws {
        let layout = try Self.layout()
        for seed in 0..<5 as Range<UInt64> {
            var random = SeededRandom(seed: seed)
            let update = Self.update(&random, layout)
            var encoder = try UpdateEncoder(compression, layout: layout)
            let file = try encoder.file(of: update, seed: seed)
            let decoded = try Self.decoded(file, compression, layout, seed: seed)
            #expect(decoded.count == update.count)
            switch compression {
            case .none, .topK(share: 1), .randomMask(share: 1):
                #expect(decoded == update, "seed \(seed)")
            case .int8:
                for part in layout.parts {
                    let greatest = update[part.parameters].map(\.magnitude).max() ?? 0
                    for place in part.parameters {
                        let error = abs(decoded[place] - update[place])
                        #expect(error <= 0.501 * greatest / 127, "seed \(seed)")
                    }
                }
            case .stochastic(let levels):
                for part in layout.parts {
                    let norm = update[part.parameters].reduce(0) { $0 + $1 * $1 }.squareRoot()
                    for place in part.parameters {
                        let error = abs(decoded[place] - update[place])
                        #expect(error <= 1.001 * norm / Float(levels), "seed \(seed)")
                    }
                }
            case .topK(let share):
                let kept = decoded.filter { $0 != 0 }
                #expect(kept.count == Int((share * Double(layout.count)).rounded(.up)))
                let least = kept.map(\.magnitude).min() ?? 0
                for (sent, exact) in zip(decoded, update) where sent != exact {
                    #expect(sent == 0 && exact.magnitude <= least, "seed \(seed)")
                }
            case .randomMask(let share):
                let kept = decoded.count { $0 != 0 }
                #expect(abs(Double(kept) - share * Double(layout.count)) <= 2)
                for (sent, exact) in zip(decoded, update) where sent != 0 {
                    #expect(abs(sent * Float(share) - exact) <= 0.01 * abs(exact), "seed \(seed)")
                }
            }
        }
    }

    @Test("A file is read range by range as at once, whatever the order", arguments: compressions)
    func ranges(compression: Compression) throws {
        let layout = try Self.layout()
        var random = SeededRandom(seed: 8)
        var encoder = try UpdateEncoder(compression, layout: layout)
        let file = try encoder.file(of: Self.update(&random, layout), seed: 5)
        let source = try UpdateDecoder(compression, layout: layout, seed: 5)
            .contents(of: SafetensorsFile(file.bytes)).delta
        let whole = try source.parameters()
        var ranges = stride(from: 0, to: layout.count, by: 97).map { start in
            start..<min(start + 97, layout.count)
        }
        for _ in 0..<50 {
            let start = Int(random.uniformInteger(below: UInt64(layout.count)))
            ranges.append(start..<random.uniformInteger(in: start...layout.count))
        }
        for range in ranges {
            var part = [Float](repeating: .nan, count: range.count)
            try part.withUnsafeMutableBufferPointer { try source.read(range, into: $0) }
            #expect(part == Array(whole[range]), "\(range)")
        }
    }

    @Test(
        "An update's bytes are those of its file, and what is left is the same",
        arguments: compressions)
    func bytes(compression: Compression) throws {
        let layout = try Self.layout()
        for seed in 0..<5 as Range<UInt64> {
            var random = SeededRandom(seed: seed)
            let update = Self.update(&random, layout)
            let control = seed == 3 ? update : nil
            let normaliser = seed == 4 ? 2.5 : nil
            var encoders = [
                try UpdateEncoder(compression, layout: layout),
                try UpdateEncoder(compression, layout: layout),
            ]
            let file = try encoders[0].file(
                of: update, control: control, normaliser: normaliser, seed: seed)
            let bytes = try encoders[1].bytes(
                of: update, control: control, normaliser: normaliser, seed: seed)
            #expect(bytes == file.bytes, "seed \(seed)")
            #expect(encoders[0].residual == encoders[1].residual, "seed \(seed)")
        }
    }

    @Test("What is not finite is not written down", arguments: compressions)
    func notFinite(compression: Compression) throws {
        let layout = try Self.layout()
        for place in [0, layout.count / 2, layout.count - 1] {
            for value in [Float.nan, .infinity, -.infinity] {
                var random = SeededRandom(seed: 1)
                var update = Self.update(&random, layout)
                update[place] = value
                var encoder = try UpdateEncoder(compression, layout: layout)
                #expect(throws: UpdateFormatError.notFinite(parameter: place)) {
                    try encoder.bytes(of: update)
                }
            }
        }
    }

    @Test("The same update and seed give the same bytes", arguments: compressions)
    func deterministic(compression: Compression) throws {
        let layout = try Self.layout()
        var random = SeededRandom(seed: 1)
        let update = Self.update(&random, layout)
        var files: [[UInt8]] = []
        for _ in 0..<2 {
            var encoder = try UpdateEncoder(compression, layout: layout)
            files.append(try encoder.file(of: update, seed: 3).bytes)
        }
        #expect(files[0] == files[1])
    }

    @Test("Error feedback loses nothing: what was sent and what is left are all updates together")
    func errorFeedback() throws {
        let layout = try Self.layout()
        for seed in 0..<5 as Range<UInt64> {
            var random = SeededRandom(seed: seed)
            var encoder = try UpdateEncoder(.topK(share: 0.05), layout: layout)
            var updates = [Double](repeating: 0, count: layout.count)
            var sent = updates
            for _ in 0..<20 {
                // Integers, so that no sum is rounded.
                let update = (0..<layout.count).map { _ in
                    Float(random.uniformInteger(in: -1_000...1_000))
                }
                let file = try encoder.file(of: update)
                for (place, number) in try Self.decoded(file, .topK(share: 0.05), layout)
                    .enumerated()
                {
                    updates[place] += Double(update[place])
                    sent[place] += Double(number)
                }
            }
            let together = zip(sent, encoder.residual).map { $0 + Double($1) }
            #expect(together == updates, "seed \(seed)")
        }
    }

    @Test(
        "Top-k with error feedback, and QSGD, are the published ones",
        .enabled(if: AggregationOracle.published != nil, "\(AggregationOracle.absence)"))
    func oracle() throws {
        let oracle = try #require(AggregationOracle.published)
        let layout = try ParameterLayout([("w", [8])])
        var encoder = try UpdateEncoder(.topK(share: 3 / 8), layout: layout)
        let expected = oracle.json["topk3_error_feedback"]?.array ?? []
        #expect(!expected.isEmpty)
        for (delta, expected) in zip(oracle.rows("fedopt_deltas"), expected) {
            let file = try encoder.file(of: AggregationOracle.scaled(delta))
            #expect(
                try Self.decoded(file, .topK(share: 3 / 8), layout)
                    == AggregationOracle.scaled(AggregationOracle.numbers(expected["sent"])))
            #expect(
                encoder.residual
                    == AggregationOracle.scaled(AggregationOracle.numbers(expected["residual"])))
        }

        let qsgd = try #require(oracle.json["qsgd_s4"])
        var uniforms = AggregationOracle.numbers(qsgd["uniforms"]).makeIterator()
        let values = try #require(oracle.rows("fedopt_deltas").first).map { Float($0) }
        let norm = try #require(qsgd["norm"]?.double)
        let levels = UpdateEncoder.stochasticLevels(values[...], norm: norm, levels: 4) {
            uniforms.next() ?? .nan
        }
        #expect(levels.map(Double.init) == AggregationOracle.numbers(qsgd["levels"]))
        let decoded = levels.map { norm * Double($0) / 4 }
        #expect(difference(decoded, AggregationOracle.numbers(qsgd["decoded"])) < 1e-12)
    }

    @Test("Stochastic quantisation and random masks are right on average")
    func unbiased() throws {
        let layout = try ParameterLayout([("w", [40])])
        var random = SeededRandom(seed: 12)
        let update = Self.update(&random, layout)
        let norm = update.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
        let draws = 4_000
        for (compression, variance) in [
            // At most min(d / s², √d / s) ‖v‖², and for one parameter at most (‖v‖ / 2s)².
            (Compression.stochastic(levels: 4), (norm / 8) * (norm / 8)),
            // v² (1 / share − 1).
            (.randomMask(share: 0.25), 3 * 9),
        ] {
            var sums = [Double](repeating: 0, count: 40)
            for draw in 0..<UInt64(draws) {
                var encoder = try UpdateEncoder(compression, layout: layout)
                let file = try encoder.file(of: update, seed: draw)
                let decoded = try Self.decoded(file, compression, layout, seed: draw)
                for (place, number) in decoded.enumerated() { sums[place] += Double(number) }
            }
            let deviation = (variance / Double(draws)).squareRoot()
            for (sum, exact) in zip(sums, update) {
                let error = abs(sum / Double(draws) - Double(exact))
                #expect(error < 5 * deviation, "\(compression)")
            }
        }
    }

    @Test("All clients of a round send the same parameters under a shared mask")
    func sharedMask() throws {
        let layout = try Self.layout()
        var random = SeededRandom(seed: 2)
        let compression = Compression.randomMask(share: 0.05)
        let places = try (0..<3).map { _ in
            var encoder = try UpdateEncoder(compression, layout: layout)
            let file = try encoder.file(of: Self.update(&random, layout), seed: 77)
            let decoded = try Self.decoded(file, compression, layout, seed: 77)
            return decoded.indices.filter { decoded[$0] != 0 }
        }
        #expect(places[0] == places[1] && places[1] == places[2])
    }

    @Test("Compressed updates are as small as they are said to be")
    func sizes() throws {
        let layout = try ParameterLayout([("w", [100_000])])
        let update = [Float](repeating: 1, count: 100_000)
        let bytes: [(Compression, Int)] = [
            (.none, 400_000), (.int8, 100_004), (.stochastic(levels: 1), 25_008),
            (.stochastic(levels: 7), 50_008), (.topK(share: 0.01), 8_000),
            (.randomMask(share: 0.01), 4_100),
        ]
        for (compression, data) in bytes {
            var encoder = try UpdateEncoder(compression, layout: layout)
            let file = try encoder.file(of: update)
            #expect(abs(file.bytes.count - data) < 300, "\(compression)")
        }
    }

    @Test("SCAFFOLD's control variates and FedNova's normaliser travel beside the update")
    func companions() throws {
        let layout = try Self.layout()
        var random = SeededRandom(seed: 4)
        let (update, control) = (Self.update(&random, layout), Self.update(&random, layout))
        for compression in Self.compressions {
            var encoder = try UpdateEncoder(compression, layout: layout)
            let scaffold = try encoder.file(of: update, control: control, seed: 1)
            let contents = try UpdateDecoder(
                compression, layout: layout, local: .controlVariates, seed: 1
            ).contents(of: SafetensorsFile(scaffold.bytes))
            #expect(try contents.control?.parameters() == control)
            #expect(contents.normaliser == nil)

            let fednova = try encoder.file(of: update, normaliser: 12.5, seed: 1)
            let decoder = UpdateDecoder(
                compression, layout: layout, local: .normalised, seed: 1)
            #expect(try decoder.contents(of: SafetensorsFile(fednova.bytes)).normaliser == 12.5)
            #expect(throws: UpdateFormatError.missing(tensor: "normaliser")) {
                try decoder.contents(of: SafetensorsFile(scaffold.bytes))
            }
            #expect(throws: UpdateFormatError.superfluous(tensor: "normaliser")) {
                try UpdateDecoder(compression, layout: layout, seed: 1)
                    .contents(of: SafetensorsFile(fednova.bytes))
            }
        }
    }

    @Test("An update that diverged is not sent, and the residual stays")
    func diverged() throws {
        let layout = try ParameterLayout([("w", [4])])
        var encoder = try UpdateEncoder(.topK(share: 0.25), layout: layout)
        _ = try encoder.file(of: [1, 2, 3, 4])
        let residual = encoder.residual
        #expect(residual == [1, 2, 3, 0])
        #expect(throws: UpdateFormatError.notFinite(parameter: 2)) {
            try encoder.file(of: [1, 2, .nan, 4])
        }
        #expect(throws: UpdateFormatError.wrongLength(found: 3, expected: 4)) {
            try encoder.file(of: [1, 2, 3])
        }
        #expect(encoder.residual == residual)
    }

    @Test("A model whose tensors cannot be told apart from an update's own is refused")
    func layouts() throws {
        #expect(throws: UpdateFormatError.duplicateName("w")) {
            try ParameterLayout([("w", [1]), ("w", [2])])
        }
        for name in [
            "control/w", "scale/w", "norm/w", "codes/w", "indices", "values", "normaliser",
        ] {
            #expect(throws: UpdateFormatError.reservedName(name)) {
                try ParameterLayout([(name, [1])])
            }
        }
        #expect(throws: UpdateFormatError.tooLarge(tensor: "w")) {
            try ParameterLayout([("w", [1 << 20, 1 << 20])])
        }
    }
}
