import Bundles
import Encodings
import Foundation
import Memory
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
        // Many small products, on cores that other tests use too: threads would only wait.
        process.environment = [
            "PYTHONPATH": folder.appending(path: "src").path, "OPENBLAS_NUM_THREADS": "1",
        ].merging(
            ProcessInfo.processInfo.environment.filter {
                ["PATH", "JOINTLAB_SHARED"].contains($0.key)
            }
        ) { $1 }
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
        "A metric that the manifest does not name, and predictions it does not announce, are refused",
        .enabled(if: TestSandbox.isThere, TestSandbox.whatIsMissing))
    func outputs() async throws {
        let data = try TestData()
        try Data(Self.table.utf8).write(to: data.table)
        let examples = TestSandbox.root.appending(path: "Examples/trainers")
        let folder = data.folder.appending(path: "silent")
        try BundleFolder.unpack(
            BundleFolder.archive(of: examples.appending(path: "flower-numpy-client")), to: folder)
        let manifest = folder.appending(path: "jointlab.toml")
        let text = try String(contentsOf: manifest, encoding: .utf8)
        try Data(text.replacing(", \"accuracy\"", with: "").utf8).write(to: manifest)
        let worker = try await TestSandbox.start("silent", folder: data.folder, data: data.table)
        let config: JSONValue = ["features": 2]
        let base = try await worker.call(
            WorkerCall(.initial, base: nil, config: config, seed: 1, data: nil)
        ).tensors?.file
        await #expect(
            throws: SandboxFailure.update(.wrongMetric("the manifest names no accuracy"))
        ) {
            try await worker.call(
                WorkerCall(.evaluate, base: base, config: config, seed: 1, data: "/data/table.csv"))
        }
        let error = await #expect(throws: SandboxFailure.self) {
            try await worker.call(
                WorkerCall(.predict, base: base, config: config, seed: 1, data: "/data/table.csv"))
        }
        #expect(error?.description == "the bundle flower-numpy-client makes no predictions")
    }

    @Test(
        "What we read as TOML, Python reads in the same way",
        .enabled(if: TestSandbox.python != nil, TestSandbox.whatIsMissing),
        arguments: [
            "a = \"x\\u00e9\\U0001F600\\t\\\"\"\nb = 'C:\\n'\n",
            "a = [1, -2, +3, 1_000,\n # c\n]\r\n",
            "[t]\na = true\n[[r]]\nb = { c = [{ d = 1 }], e = \"\" }\n[[r]]\n[u]\n", "",
            "# only this",
            "-a_1 = 0\n\n\ta=\t1# x\n", "a = '#' # b",
        ])
    func toml(text: String) throws {
        let ours = try TOMLDocument(parsing: text).value
        let process = Process()
        process.executableURL = try URL(filePath: #require(TestSandbox.python).executable)
        process.arguments = [
            "-c", "import json, sys, tomllib; print(json.dumps(tomllib.load(sys.stdin.buffer)))",
        ]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
        try input.fileHandleForWriting.close()
        let answer = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(try JSONValue(parsing: String(decoding: answer, as: UTF8.self)) == ours)
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
                task, base: base.map { FileBytes($0) }, config: config, seed: 1,
                data: task == .initial ? nil : "/data/table.csv")
        }
        let initial = try #require(try await worker.call(call(.initial, nil)).tensors?.bytes)
        var base = try Safetensors(parsing: initial)
        let before = try await worker.call(call(.evaluate, base.bytes))
        for _ in 0..<5 {
            let fitted = try await worker.call(call(.fit, base.bytes))
            #expect(fitted.weight == 200)
            base = try Self.sum(base, try Safetensors(parsing: #require(fitted.tensors?.bytes)))
        }
        let after = try await worker.call(call(.evaluate, base.bytes))
        #expect(try #require(after.metrics["loss"]) < #require(before.metrics["loss"]))
        #expect(try #require(after.metrics["accuracy"]) > 0.9)
    }

    @Test(
        "An example reads a folder of images with their labels in the sandbox, and tells them apart",
        .enabled(if: TestSandbox.isThere, TestSandbox.whatIsMissing))
    func files() async throws {
        let data = try TestData()
        let folder = data.folder.appending(path: "images")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        var labels = "file,y\n"
        for number in 0..<40 {
            // A bright row in the upper half, or in the lower one.
            let row = number % 2 * 14 + number / 2 % 14
            var image = Data("P5 28 28 255\n".utf8) + Data(count: 28 * 28)
            let start = image.count - (28 - row) * 28
            for place in start..<start + 28 { image[place] = 250 }
            try image.write(to: folder.appending(path: "\(number).pgm"))
            labels += "\(number).pgm,\(number % 2)\n"
        }
        try Data(labels.utf8).write(to: folder.appending(path: "labels.csv"))
        let worker = try await TestSandbox.start(
            "digit-images", folder: TestSandbox.root.appending(path: "Examples/trainers"),
            data: folder, at: "files")
        let config: JSONValue = ["classes": 2, "epochs": 20]
        let initial = try await worker.call(
            WorkerCall(.initial, base: nil, config: config, seed: 1, data: nil))
        let base = try Safetensors(parsing: try #require(initial.tensors?.bytes))
        let fitted = try await worker.call(
            WorkerCall(.fit, base: base.bytes, config: config, seed: 1, data: "/data/files"))
        #expect(fitted.weight == 40)
        let next = try Self.sum(base, try Safetensors(parsing: #require(fitted.tensors?.bytes)))
        let judged = try await worker.call(
            WorkerCall(.evaluate, base: next.bytes, config: config, seed: 1, data: "/data/files"))
        #expect(try #require(judged.metrics["accuracy"]) > 0.9)
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
