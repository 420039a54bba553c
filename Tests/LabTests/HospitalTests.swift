import Contracts
import Encodings
import Foundation
import LabFixture
import SharedFolder
import Testing

extension LabSuite {
    /// The example for hospitals, on the records of four real ones.
    @Suite("Four hospitals", .enabled(if: BundleLab.isPossible, BundleLab.whatIsMissing))
    struct HospitalTests {
        private static let hospitals = ["cleveland", "hungarian", "switzerland", "va"]
        private static let bundle = BundleLab.root
            .appending(path: "Examples/trainers/heart-hospitals").path
        /// One that Switzerland never measured would not count as a number there.
        private static let kinds = [
            "age", "sex", "cp", "trestbps", "chol", "fbs", "restecg", "thalach", "exang", "oldpeak",
            "slope", "ca", "thal",
        ].flatMap { ["--kind", "\($0)=numeric"] }

        @Test(
            "Hospitals that measured different things train one model on their own nodes",
            .enabled(
                if: SharedFolder.path(of: "data/heart") != nil,
                "there is no shared/data/heart beside the checkout"))
        func train() async throws {
            let plan = ProcessLab.Plan([
                "university": [.issuer, .researcher], "cleveland": [.dataOwner],
                "hungarian": [.dataOwner], "switzerland": [.dataOwner], "va": [.dataOwner],
            ])
            try await ProcessLab.with(plan) { lab in
                try await makeTables(in: lab.folder)
                for name in lab.founders {
                    try BundleLab.settings.write(
                        to: lab.home(name).appending(path: "node.yaml"), atomically: true,
                        encoding: .utf8)
                }
                try await lab.startAll()
                try await license(lab)
                try await lab.daemons.command(
                    "university",
                    [
                        "job", "propose", "heart", "--model", "heart", "--purpose", "research",
                        "--bundle", Self.bundle, "--bundle-config", #"{"features": []}"#,
                        "--rounds", "4",
                    ] + Self.hospitals.flatMap { ["--licence", "\($0)-licence"] })
                try await lab.daemons.command("university", "job", "start", "heart")
                let watched = try await lab.daemons.command(
                    "university", "job", "watch", "heart", "--plain")
                let job = try await lab.daemons.command(
                    "university", "job", "show", "heart", "--json"
                ).json
                #expect(job["job"]?["status"] == "complete", "\(watched.all)")
                let judged = job["rounds"]?.array?.last?["contributions"]?.array ?? []
                let ranks = judged.compactMap { $0["metricsMicro"]?["holdoutAUC"]?.integer }
                #expect(judged.count == Self.hospitals.count)
                // One of them may hold out patients of one kind alone.
                #expect(ranks.count >= 3 && ranks.allSatisfy { $0 > 650_000 }, "\(ranks)")
                #expect(ranks.reduce(0, +) / Int64(max(1, ranks.count)) > 780_000, "\(ranks)")
            }
        }

        private func makeTables(in folder: URL) async throws {
            let examples = BundleLab.root.appending(path: "Examples/data/heart.py").path
            let records = try #require(SharedFolder.path(of: "data/heart"))
            let process = try ChildProcess(
                BundleLab.python, ["-B", examples, records, folder.path],
                output: folder.appending(path: "made").path,
                errors: folder.appending(path: "made").path)
            #expect(try await process.waitForEnd() == .exited(0))
        }

        private func license(_ lab: ProcessLab) async throws {
            try await lab.daemons.command(
                "university", "account", "register-currency", "CNY", "--title", "Yuan")
            for name in Self.hospitals {
                let file = lab.folder.appending(path: "\(name).csv").path
                try await lab.daemons.command(
                    name,
                    [
                        "dataset", "add", "\(name)-data", "--file", file, "--label", "y",
                        "--positive", "1",
                    ] + Self.kinds)
                try await lab.daemons.command(
                    name, "dataset", "register", "\(name)-data", "--title", "Heart disease")
                try await lab.daemons.command(
                    "university", "licence", "offer", "\(name)-licence", "--dataset",
                    "\(name)-data", "--purpose", "research", "--rounds", "20", "--fee", "0.00 CNY",
                    "--expires", "9d", "--wait", "final")
                try await lab.daemons.command(
                    name, "licence", "accept", "\(name)-licence", "--wait", "final")
                try await lab.daemons.command(name, "trainer", "approve", Self.bundle)
            }
        }
    }
}
