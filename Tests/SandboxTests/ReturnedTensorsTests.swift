import CKernels
import Foundation
import Memory
import Randomness
import Sandbox
import Synchronization
import Tensors
import Testing

/// What a node takes over from memory that a worker can write to.
@Suite(.serialized)
struct ReturnedTensorsTests {
    /// Around the ends of vectors, and beyond what passes the caches by (1 MiB).
    private static let counts = [1, 3, 7, 8, 9, 31, 32, 33, 1_000, 300_001]

    private static func difference(
        _ trained: [Tensor], minus base: [Tensor]
    ) throws -> Safetensors {
        let base = try BaseModel(FileBytes(Safetensors(base).bytes))
        let returned = try Safetensors(trained).bytes.withUnsafeBytes {
            try ReturnedTensors.checked($0, minus: base)
        }
        return try Safetensors(parsing: returned.bytes)
    }

    /// Any finite number, so subnormal ones and both zeros too.
    private static func float(_ random: inout SeededRandom) -> Float {
        while true {
            // Halved, or many a difference would be infinite.
            let value = Float(bitPattern: UInt32(truncatingIfNeeded: random.next())) / 2
            if value.isFinite { return value }
        }
    }

    private static func double(_ random: inout SeededRandom) -> Double {
        while true {
            let value = Double(bitPattern: random.next()) / 2
            if value.isFinite { return value }
        }
    }

    @Test("Each bit of a difference is that of one subtraction, with vectors of any width")
    func bits() throws {
        var random = SeededRandom(seed: 11)
        defer { jl_limit_variants(2) }
        for variant in 0...2 {
            jl_limit_variants(Int32(variant))
            for count in Self.counts {
                let trained = (0..<count).map { _ in Self.float(&random) }
                let base = (0..<count).map { _ in Self.float(&random) }
                let wideTrained = (0..<count).map { _ in Self.double(&random) }
                let wideBase = (0..<count).map { _ in Self.double(&random) }
                let found = try Self.difference(
                    [Tensor(name: "w", vector: trained), Tensor(name: "v", vector: wideTrained)],
                    minus: [Tensor(name: "w", vector: base), Tensor(name: "v", vector: wideBase)])
                #expect(
                    found["w"]?.float32?.map(\.bitPattern)
                        == zip(trained, base).map { ($0 - $1).bitPattern }, "\(count) elements")
                #expect(
                    found["v"]?.float64?.map(\.bitPattern)
                        == zip(wideTrained, wideBase).map { ($0 - $1).bitPattern },
                    "\(count) elements")
            }
        }
    }

    @Test("Without a base, what is taken over is what was left, bit for bit")
    func copy() throws {
        var random = SeededRandom(seed: 12)
        for count in Self.counts {
            let file = try Safetensors([
                Tensor(name: "w", vector: (0..<count).map { _ in Self.float(&random) }),
                Tensor(name: "v", vector: (0..<count).map { _ in Self.double(&random) }),
            ]).bytes
            let returned = try file.withUnsafeBytes { try ReturnedTensors.checked($0) }
            #expect(returned.bytes == file)
            #expect(try SafetensorsFile(returned.file).header.entries.map(\.name) == ["v", "w"])
        }
    }

    @Test("Whole numbers go round")
    func wholeNumbers() throws {
        let found = try Self.difference(
            [
                Tensor(name: "u", vector: [0, 5, UInt32.max] as [UInt32]),
                Tensor(name: "b", vector: [0, 255] as [UInt8]),
                try Tensor(name: "i", shape: [2], int8: [-128, 5]),
            ],
            minus: [
                Tensor(name: "u", vector: [1, 2, UInt32.max] as [UInt32]),
                Tensor(name: "b", vector: [255, 0] as [UInt8]),
                try Tensor(name: "i", shape: [2], int8: [1, -1]),
            ])
        let expected = [
            Tensor(name: "u", vector: [UInt32.max, 3, 0] as [UInt32]),
            Tensor(name: "b", vector: [1, 255] as [UInt8]),
            try Tensor(name: "i", shape: [2], int8: [127, 6]),
        ]
        #expect(try found.bytes == Safetensors(expected).bytes)
    }

    @Test("What is not finite is refused by its tensor's name, wherever it stands")
    func notFinite() throws {
        defer { jl_limit_variants(2) }
        for count in [33, 300_001] {
            let ones = [Float](repeating: 1, count: count)
            try refuse(Tensor(name: "w", vector: ones), [.nan, .infinity, -.infinity] as [Float])
            try refuse(
                Tensor(name: "w", vector: ones.map { Double($0) }),
                [.nan, .infinity, -.infinity] as [Double])
        }
    }

    /// Puts each value into each of some places, and looks at what is said of it.
    private func refuse(_ tensor: Tensor, _ values: [some BinaryFloatingPoint]) throws {
        let right = try Safetensors([tensor]).bytes
        let base = try BaseModel(FileBytes(right))
        let (count, size) = (tensor.shape[0], tensor.elementType.byteCount)
        for variant in 0...2 {
            jl_limit_variants(Int32(variant))
            for place in [0, 1, 7, 8, 15, 16, 31, count / 2, count - 2, count - 1] {
                for value in values {
                    var wrong = right
                    wrong.withUnsafeMutableBytes {
                        $0.storeBytes(
                            of: value, toByteOffset: $0.count - (count - place) * size,
                            as: type(of: value))
                    }
                    #expect(
                        throws: SandboxFailure.update(.notFinite(tensor: "w")),
                        "\(value) at \(place) of \(count)"
                    ) {
                        try wrong.withUnsafeBytes { try ReturnedTensors.checked($0, minus: base) }
                    }
                }
            }
        }
    }

    @Test("A difference that is too large for its type is refused")
    func overflow() throws {
        let largest = Float.greatestFiniteMagnitude
        #expect(throws: SandboxFailure.update(.notFinite(tensor: "w"))) {
            try Self.difference(
                [Tensor(name: "w", vector: [1, largest])],
                minus: [Tensor(name: "w", vector: [1, -largest])])
        }
    }

    @Test("A base whose tensors lie in another order, at odd places, is subtracted all the same")
    func oddBase() throws {
        let text =
            #"{"w":{"dtype":"F32","shape":[2],"data_offsets":[1,9]},"#
            + #""b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#
        var file = withUnsafeBytes(of: UInt64(text.utf8.count).littleEndian) { Array($0) }
        file += Array(text.utf8) + [7]
        for value in [Float(0.1), -3] {
            withUnsafeBytes(of: value.bitPattern.littleEndian) { file += Array($0) }
        }
        let trained = try Safetensors([
            Tensor(name: "w", vector: [0.3, 1] as [Float]),
            Tensor(name: "b", vector: [9] as [UInt8]),
        ]).bytes
        let base = try BaseModel(FileBytes(file))
        let returned = try trained.withUnsafeBytes { try ReturnedTensors.checked($0, minus: base) }
        let found = try Safetensors(parsing: returned.bytes)
        #expect(found["w"]?.float32 == [Float(0.3) - Float(0.1), 4])
        #expect(throws: SafetensorsError.self) { try BaseModel(FileBytes(file.dropLast())) }
        #expect(throws: SafetensorsError.self) { try BaseModel(FileBytes(file + [0])) }
        #expect(throws: SafetensorsError.self) { try BaseModel(FileBytes(Array(file.prefix(20)))) }
    }

    @Test("What is accepted is what was checked, whatever is written meanwhile")
    func writtenMeanwhile() throws {
        let count = 100_000
        let ones = [Float](repeating: 1, count: count)
        let file = try Safetensors([Tensor(name: "w", vector: ones)]).bytes
        let base = try BaseModel(FileBytes(file))
        let shared = UnsafeMutableRawBufferPointer.allocate(byteCount: file.count, alignment: 64)
        shared.copyBytes(from: file)
        let writer = Writer(to: shared, at: file.count - 4)
        writer.start()
        for _ in 0..<2_000 {
            do {
                let returned = try ReturnedTensors.checked(
                    UnsafeRawBufferPointer(shared), minus: base)
                let found = try Safetensors(parsing: returned.bytes)["w"]?.float32?.last
                #expect(found == 0 || found == 1)
            } catch SandboxFailure.update(.notFinite(tensor: "w")) {
                // The writer was there first.
            }
        }
        writer.stop()
        shared.copyBytes(from: file)
        let last = try ReturnedTensors.checked(UnsafeRawBufferPointer(shared), minus: base)
        shared.deallocate()
        #expect(try Safetensors(parsing: last.bytes)["w"]?.float32?.max() == 0)
    }

    /// Writes NaN to one place for a while, then 2 for a while, until it is stopped.
    private final class Writer: @unchecked Sendable {
        // The race is the point of it; the memory outlives the thread.
        private let memory: UnsafeMutableRawBufferPointer
        private let place: Int
        private let isStopped = Atomic(false)
        private let hasEnded = DispatchSemaphore(value: 0)

        init(to memory: UnsafeMutableRawBufferPointer, at place: Int) {
            self.memory = memory
            self.place = place
        }

        func start() {
            Thread { [self] in
                var random = SeededRandom(seed: 13)
                while !isStopped.load(ordering: .relaxed) {
                    for value in [Float.nan, 2] {
                        // As long as it takes to read some thousands of elements.
                        for _ in 0..<random.next() % 1_000 {
                            memory.storeBytes(of: value, toByteOffset: place, as: Float.self)
                        }
                    }
                }
                hasEnded.signal()
            }.start()
        }

        func stop() {
            isStopped.store(true, ordering: .relaxed)
            hasEnded.wait()
        }
    }
}
