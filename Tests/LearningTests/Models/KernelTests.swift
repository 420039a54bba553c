import CKernels
import Randomness
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The kernels against slow and obvious loops, and against the order that their header promises.
@Suite struct KernelTests {
    @Test("A dot product is summed in sixteen lanes", arguments: 0..<70)
    func dotHasItsOrder(count: Int) {
        var random = SeededRandom(seed: UInt64(count))
        let (a, b) = (random.floats(count), random.floats(count))
        var lanes = [Float](repeating: 0, count: 16)
        for i in 0..<count { lanes[i % 16] += a[i] * b[i] }
        for width in [8, 4, 2, 1] {
            for lane in 0..<width { lanes[lane] += lanes[lane + width] }
        }
        #expect(jl_dot(a, b, count) == lanes[0])
    }

    @Test("Sums in double precision run in eight lanes", arguments: 0..<40)
    func sumsHaveTheirOrder(count: Int) {
        var random = SeededRandom(seed: UInt64(count))
        let x = random.floats(count)
        let y = x.map(Double.init)
        func sum(_ term: (Double) -> Double) -> Double {
            var lanes = [Double](repeating: 0, count: 8)
            for i in 0..<count { lanes[i % 8] += term(y[i]) }
            for width in [4, 2, 1] {
                for lane in 0..<width { lanes[lane] += lanes[lane + width] }
            }
            return lanes[0]
        }
        let squared = sum { ($0 - 0.25) * ($0 - 0.25) }
        #expect(jl_sum_f32(x, count) == sum { $0 })
        #expect(jl_sum_f64(y, count) == sum { $0 })
        #expect(jl_squared_deviations_f32(x, 0.25, count) == squared)
        #expect(jl_squared_deviations_f64(y, 0.25, count) == squared)
    }

    @Test("A weighted sum of several inputs is that of one after the other", arguments: 0..<10)
    func accumulationIsSequential(inputCount: Int) {
        var random = SeededRandom(seed: UInt64(inputCount))
        let count = 37
        let start = random.floats(count)
        let inputs = (0..<inputCount).map { _ in random.floats(count) }
        let weights = random.floats(inputCount)

        var single = start
        var double = start.map(Double.init)
        for (input, weight) in zip(inputs, weights) {
            for i in 0..<count {
                single[i] = single[i] + weight * input[i]
                double[i] = double[i] + Double(weight) * Double(input[i])
            }
        }

        var fusedSingle = start
        var fusedDouble = start.map(Double.init)
        withPointers(inputs) {
            jl_accumulate_f32(&fusedSingle, count, $0, weights, inputCount)
            jl_accumulate_f32_in_f64(&fusedDouble, count, $0, weights.map(Double.init), inputCount)
        }
        #expect(fusedSingle == single)
        #expect(fusedDouble == double)

        var fromDoubles = start.map(Double.init)
        withPointers(inputs.map { $0.map(Double.init) }) {
            jl_accumulate_f64(&fromDoubles, count, $0, weights.map(Double.init), inputCount)
        }
        #expect(fromDoubles == double)

        var narrowed = [Float](repeating: 0, count: count)
        jl_scale_to_f32(&narrowed, double, 0.3, count)
        #expect(narrowed == double.map { Float(0.3 * $0) })
    }

    @Test("Matrix kernels do what their names say", arguments: 1..<20)
    func matrices(width: Int) {
        var random = SeededRandom(seed: UInt64(width))
        let rowCount = 11
        let rows = random.floats(rowCount * width)
        let weights = random.floats(width)
        func row(_ i: Int) -> [Float] { Array(rows[i * width..<(i + 1) * width]) }

        var all = [Float](repeating: 0, count: rowCount)
        jl_gemv(&all, rows, weights, 0.5, rowCount, width)
        #expect(all == (0..<rowCount).map { jl_dot(row($0), weights, width) + 0.5 })

        let indices: [UInt32] = [3, 0, 10, 3, 7, 1]
        var some = [Float](repeating: 0, count: indices.count)
        jl_gemv_of_rows(&some, rows, indices, weights, 0.5, indices.count, width)
        #expect(some == indices.map { all[Int($0)] })

        var sum = weights
        jl_add_scaled_rows(&sum, rows, indices, some, indices.count, width)
        var expected = weights
        for (index, scale) in zip(indices, some) {
            for j in 0..<width { expected[j] += scale * row(Int(index))[j] }
        }
        #expect(sum == expected)

        var step = weights
        jl_axpy(&step, -0.25, row(2), width)
        #expect(step == zip(weights, row(2)).map { $0 + -0.25 * $1 })

        var copy = [Float](repeating: 0, count: indices.count * width)
        jl_copy_rows(&copy, rows, indices, indices.count, width)
        #expect(copy == indices.flatMap { row(Int($0)) })
    }

    @Test("The first number that is not finite is found, wherever it is")
    func notFinite() {
        for count in 0..<40 {
            var numbers = [Float](repeating: .greatestFiniteMagnitude, count: count)
            #expect(jl_first_not_finite(numbers, count) == count)
            for place in numbers.indices.reversed() {
                numbers[place] = [.nan, .infinity, -.infinity][place % 3]
                #expect(jl_first_not_finite(numbers, count) == place)
            }
        }
    }

    @Test("The exponential function is within one unit of the C library's last place")
    func exponential() {
        var random = SeededRandom(seed: 1)
        for number in 0..<20_000 {
            let x =
                random.uniformFraction() * (number.isMultiple(of: 2) ? 1_400 : 2)
                - (number.isMultiple(of: 2) ? 700 : 1)
            #expect(abs(jl_exp(x) - exp(x)) <= 2 * exp(x).ulp)
        }
        #expect(jl_exp(0) == 1)
        #expect(jl_exp(-1_000) == 0)
        #expect(jl_exp(1_000) == .infinity)
        #expect(jl_exp(.nan).isNaN)
    }

    @Test("The logarithm is within two units of the C library's last place")
    func logarithm() {
        var random = SeededRandom(seed: 2)
        for _ in 0..<20_000 {
            let x = exp(random.uniformFraction() * 1_400 - 700)
            #expect(abs(jl_log(x) - log(x)) <= 3 * log(x).ulp)
        }
        #expect(jl_log(1) == 0)
    }

    @Test("A loss does not overflow, keeps its small values, and does not hide NaN")
    func losses() {
        #expect(jl_log_loss_of_logits([1_000], [0], 1) == 1_000)
        #expect(jl_log_loss_of_logits([1_000], [1], 1) == 0)
        #expect(jl_log_loss_of_logits([-1_000], [1], 1) == 1_000)
        #expect(abs(jl_log_loss_of_logits([40], [1], 1) - exp(-40)) < 1e-30)
        #expect(abs(jl_log_loss_of_logits([0], [1], 1) - log(2)) < 1e-15)
        #expect(jl_log_loss_of_logits([.nan], [1], 1).isNaN)
        #expect(jl_log_loss([0, 1, 0.5], [0, 1, 1], 3) < 0.7)
        #expect(abs(jl_log_loss([0], [1], 1) + log(1e-15)) < 1e-12)
    }

    @Test("No bit of the kernels has changed since the first release")
    func bitsArePinned() {
        var random = SeededRandom(seed: 42)
        let rows = random.floats(101 * 7)
        let labels = (0..<101).map { Float($0 % 2) }
        let indices = (0..<101).map { UInt32($0 * 13 % 101) }
        var values = [Float](repeating: 0, count: 101)
        jl_gemv_of_rows(&values, rows, indices, Array(rows[..<7]), 0.1, 101, 7)
        let loss = jl_log_loss_of_logits(values, labels, 101)
        var probabilities = [Double](repeating: 0, count: 101)
        jl_probabilities(&probabilities, values, 101)
        jl_residuals_of_rows(&values, labels, indices, 1.0 / 101, 101)
        var gradient = [Float](repeating: 0, count: 7)
        jl_add_scaled_rows(&gradient, rows, indices, values, 101, 7)

        var bytes: [UInt8] = []
        withUnsafeBytes(of: loss) { bytes += $0 }
        probabilities.withUnsafeBytes { bytes += $0 }
        gradient.withUnsafeBytes { bytes += $0 }
        // The same in debug and release builds, with and without AVX-512 and FMA (tried with clang
        // 21 at -O0 to -O3 and -march=native).
        #expect(jl_hash(bytes, bytes.count) == pinnedKernelHash)
    }

    private func withPointers<Element>(
        _ arrays: [[Element]], _ body: ([UnsafePointer<Element>]) -> Void
    ) {
        let copies = arrays.map { array in
            let copy = UnsafeMutablePointer<Element>.allocate(capacity: max(array.count, 1))
            copy.initialize(from: array, count: array.count)
            return copy
        }
        body(copies.map { UnsafePointer($0) })
        for copy in copies { copy.deallocate() }
    }
}

private let pinnedKernelHash: UInt64 = 12_477_235_351_719_347_057

extension SeededRandom {
    mutating func floats(_ count: Int) -> [Float] { (0..<count).map { _ in Float(normalNumber()) } }
}
