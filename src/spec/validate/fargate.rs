//! CPU and memory of services (`aws.md` 1.1).

use super::Check;
use crate::spec::code::Code;
use crate::spec::fargate::{Row, TABLE, around, nearest_pairs, row};
use crate::spec::problems::wrong;

pub(super) fn check(check: &mut Check<'_>) {
    let environment = check.environment;
    for (name, service) in &environment.services {
        let cpu_path = format!("service/{name}.cpu");
        let memory_path = format!("service/{name}.memory_mib");
        if !check.declared.is_known(&cpu_path) {
            continue;
        }
        match row(service.cpu) {
            None => refuse_cpu(check, &cpu_path, &memory_path, service.cpu, service.memory_mib),
            Some(row) => {
                refuse_memory(check, &cpu_path, &memory_path, service.cpu, service.memory_mib, &row.memory.all());
            }
        }
    }
}

fn refuse_cpu(check: &mut Check<'_>, cpu_path: &str, memory_path: &str, cpu: u32, memory: u32) {
    let memory = if check.declared.is_known(memory_path) { memory } else { 0 };
    let pairs = nearest_pairs(cpu, memory);
    let shown: Vec<String> = pairs.iter().map(|(cpu, memory)| format!("cpu {cpu} with memory {memory}")).collect();
    let sizes: Vec<String> = TABLE.iter().map(|row| row.cpu.to_string()).collect();
    // The larger one that goes with the memory declared: what somebody asked for should fit, and one text can only
    // stand in for one.
    let replacement = pairs.iter().rev().find(|(_, with)| *with == memory).map(|(cpu, _)| cpu.to_string());
    let draft = wrong(Code::FargateCpu, format!("cpu {cpu} is no Fargate size"))
        .label("not a Fargate cpu value")
        .related(check.declared.exact(memory_path), "paired with this memory")
        .help(format!("nearest pairs: {}; Fargate has cpu {}", shown.join(", or "), sizes.join(", ")))
        .instead(replacement);
    check.report(cpu_path, draft);
}

fn refuse_memory(check: &mut Check<'_>, cpu_path: &str, memory_path: &str, cpu: u32, memory: u32, sizes: &[u32]) {
    if sizes.contains(&memory) {
        return;
    }
    let (below, above) = around(memory, sizes);
    let near: Vec<String> = [below, above].into_iter().flatten().map(|size| size.to_string()).collect();
    let range = match sizes {
        [first, .., last] => format!("{first} to {last} MiB"),
        _ => String::new(),
    };
    let draft = wrong(Code::FargateMemory, format!("memory {memory} MiB is no Fargate size with cpu {cpu}"))
        .label(format!("cpu {cpu} goes with {range}"))
        .related(check.declared.exact(cpu_path), "with this cpu")
        .help(format!("nearest with cpu {cpu}: {}{}", near.join(" or "), larger_cpu(cpu, memory)))
        .instead(above.or(below).map(|size| size.to_string()));
    check.report(memory_path, draft);
}

/// The next CPU size that has enough memory, when this one has not.
fn larger_cpu(cpu: u32, memory: u32) -> String {
    let is_too_much = row(cpu).is_some_and(|row| row.memory.all().last().is_some_and(|most| *most < memory));
    let fits = |row: &&Row| row.cpu > cpu && row.memory.all().last().is_some_and(|most| *most >= memory);
    match TABLE.iter().find(fits).filter(|_| is_too_much) {
        Some(row) => {
            let enough = row.memory.all().into_iter().find(|size| *size >= memory).unwrap_or(memory);
            format!("; or cpu {} with memory {enough}", row.cpu)
        }
        None => String::new(),
    }
}
