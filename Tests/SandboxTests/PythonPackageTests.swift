import Bundles
import Encodings
import Foundation
import Sandbox
import Tensors
import Testing

@Suite(.timeLimit(.minutes(5))) struct PythonPackageTests {
    @Test(
        "The tests of the Python package pass",
        .enabled(if: TestSandbox.python != nil, TestSandbox.whatIsMissing))
    func unittests() throws {
        let process = Process()
        process.executableURL = try URL(filePath: #require(TestSandbox.python).executable)
        let folder = TestSandbox.root.appending(path: "Python")
        process.currentDirectoryURL = folder
        process.arguments = ["-B", "-m", "unittest", "discover", "-s", "tests", "-t", "tests"]
        process.environment = ["PYTHONPATH": folder.appending(path: "src").path]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(
            decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(text)")
    }

    @Test(
        "The examples train in the sandbox, and their loss falls",
        .enabled(if: TestSandbox.isThere, TestSandbox.whatIsMissing),
        arguments: ["credit-numpy", "flower-numpy-client"])
    func examples(name: String) async throws {
        let data = try TestData()
        try Data(Self.table.utf8).write(to: data.table)
        let examples = TestSandbox.root.appending(path: "Examples/trainers")
        let worker = try await TestSandbox.start(name, folder: examples, data: data.table)
        let config: JSONValue = ["features": 2, "epochs": 5, "learningRate": .number(0.5)]
        let call = { (task: WorkerTask, base: [UInt8]?) in
            WorkerCall(
                task, base: base, config: config, seed: 1,
                data: task == .initial ? nil : "/data/table.csv")
        }
        let initial = try #require(try await worker.call(call(.initial, nil)).tensors)
        var base = try Safetensors(parsing: initial)
        let before = try await worker.call(call(.evaluate, base.bytes))
        for _ in 0..<5 {
            let fitted = try await worker.call(call(.fit, base.bytes))
            #expect(fitted.weight == 200)
            base = try Self.sum(base, try Safetensors(parsing: #require(fitted.tensors)))
        }
        let after = try await worker.call(call(.evaluate, base.bytes))
        #expect(try #require(after.metrics["loss"]) < #require(before.metrics["loss"]))
        #expect(try #require(after.metrics["accuracy"]) > 0.9)
    }

    /// Two features, of which the larger one says the label.
    private static let table =
        "id,y,a,b\n"
        + (0..<200).map { row in
            let (a, b) = (Double(row * 37 % 100) / 50 - 1, Double(row * 73 % 100) / 50 - 1)
            return "\(row),\(a > b ? 1 : 0),\(a),\(b)\n"
        }.joined()

    private static func sum(_ base: Safetensors, _ update: Safetensors) throws -> Safetensors {
        try Safetensors(
            base.tensors.map { tensor in
                if let values = tensor.float32 {
                    let change = try #require(update[tensor.name]?.float32)
                    return try Tensor(
                        name: tensor.name, shape: tensor.shape, float32: zip(values, change).map(+))
                }
                let values = try #require(tensor.float64)
                let change = try #require(update[tensor.name]?.float64)
                return try Tensor(
                    name: tensor.name, shape: tensor.shape, float64: zip(values, change).map(+))
            })
    }
}
