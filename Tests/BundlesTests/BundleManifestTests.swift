import Bundles
import Testing

@Suite struct BundleManifestTests {
    @Test("A manifest states program, requirements, inputs, outputs and limits")
    func reads() throws {
        let manifest = try BundleManifest(parsing: SampleBundle.manifest)
        #expect(manifest.name == "credit-numpy")
        #expect(manifest.entry == "trainer:CreditTrainer")
        #expect(manifest.kind == .trainer)
        #expect(manifest.python.description == "3.11")
        #expect(
            manifest.requirements.map(\.pipLine) == [
                "numpy==2.4.6 --hash=sha256:\(SampleBundle.hash)"
            ])
        #expect(manifest.features == ["AGE", "LIMIT_BAL"])
        #expect(manifest.label == "default")
        #expect(manifest.metrics == ["loss"])
        #expect(manifest.limits.cpuSeconds == 60)
        #expect(manifest.limits.wallSeconds == TrainerLimits().wallSeconds)
    }

    @Test(
        "A mistake is reported with its line",
        arguments: [
            ("cpu-seconds = 60", "cpu-second = 60", 22, "is not a known field"),
            ("cpu-seconds = 60", "cpu-seconds = 0", 22, "should be from 1 to 604800"),
            (
                "entry = \"trainer:CreditTrainer\"", "entry = \"trainer\"", 6,
                "should be module:object"
            ),
            (
                "entry = \"trainer:CreditTrainer\"", "entry = \"../x:Y\"", 6,
                "should be module:object"
            ),
            ("entry = \"trainer:CreditTrainer\"", "", 5, "program.entry is missing"),
            ("python = \"3.11\"", "python = \">=3.11\"", 7, "should be a version"),
            ("version = \"2.4.6\"", "version = \">=2\"", 11, "should be one version"),
            ("kind = \"table\"", "kind = \"rows\"", 15, "should be one of table, files"),
            ("name = \"numpy\"", "name = \"numpy; os\"", 10, "is no name of a package"),
            ("[\"AGE\", \"LIMIT_BAL\"]", "[\"AGE\", \"AGE\"]", 16, "has a name twice"),
        ])
    func refuses(old: String, new: String, line: Int, problem: String) throws {
        let text = SampleBundle.manifest.replacing(old, with: new)
        try #require(text != SampleBundle.manifest)
        let error = try #require(throws: ManifestError.self) { try BundleManifest(parsing: text) }
        #expect(error.line == line, "\(error)")
        #expect(error.problem.contains(problem), "\(error)")
    }

    @Test("Of an owner's and a bundle's limits the lesser one holds, and an excess is named")
    func capped() {
        var wanted = TrainerLimits()
        wanted.cpuSeconds = 1_000
        var allowed = TrainerLimits()
        allowed.cpuSeconds = 10
        allowed.processes = 64
        #expect(wanted.capped(by: allowed).cpuSeconds == 10)
        #expect(wanted.capped(by: allowed).processes == TrainerLimits().processes)
        #expect(wanted.excesses(over: allowed) == ["cpu-seconds = 1000, and at most 10 is allowed"])
    }
}
